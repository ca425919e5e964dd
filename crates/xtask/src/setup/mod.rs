//! Installs the missing tools of the other tasks.
//!
//! Each module adds a step if its tool is missing. A step that fails returns one sentence with the action to take.

mod apt;
mod axe;
mod browser;
mod cargo_tool;
mod debian_toolchain;
mod haproxy;
mod node;
mod pgbouncer;
mod postgres;
mod python;
mod tool_cache;
mod valgrind;
mod wasm_toolchain;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use self::apt::Package;

pub(crate) use self::cargo_tool::CargoTool;
pub(crate) use self::wasm_toolchain::{Toolchain, Wasm};
use crate::lockfile::locked_version;
use crate::steps::Steps;
use crate::workspace::Workspace;

/// Requirement of a test program besides a compiler.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Need {
    /// The release binary with the page inside.
    Console,
    /// Chromium, its driver, two sets of fonts, and axe-core.
    Browser,
    /// PostgreSQL's server programs, and PgBouncer.
    Postgres,
    /// HAProxy.
    Haproxy,
    /// Valgrind.
    Valgrind,
    /// Node with the packages of the lock file.
    Node,
    /// Python with the packages of the lock file.
    Python,
}

impl Need {
    pub(crate) const ALL: [Self; 7] = [
        Self::Console,
        Self::Browser,
        Self::Postgres,
        Self::Haproxy,
        Self::Valgrind,
        Self::Node,
        Self::Python,
    ];

    fn packages(self) -> Vec<&'static Package> {
        match self {
            Self::Console => vec![],
            Self::Browser => vec![&browser::PACKAGE, &browser::FONTS, &node::NPM],
            Self::Postgres => vec![&postgres::PACKAGE, &pgbouncer::PACKAGE],
            Self::Haproxy => vec![&haproxy::PACKAGE],
            Self::Valgrind => vec![&valgrind::PACKAGE],
            Self::Node => vec![&node::PACKAGE],
            Self::Python => vec![&python::PACKAGE],
        }
    }
}

/// Tools that build the page. The programs are given by their folders.
pub(crate) struct PageTools {
    pub(crate) wasm: Wasm,
    pub(crate) trunk: PathBuf,
    pub(crate) wasm_bindgen: PathBuf,
}

/// Installs the tools of all tasks.
pub(crate) fn everything(workspace: &Workspace, wasm: Option<Toolchain>) -> Result<()> {
    let mut steps = Steps::default();
    plan(&mut steps, workspace, &Need::ALL.into())?;
    plan_page(&mut steps, workspace, wasm)?;
    CargoTool::cargo_deny().plan(&mut steps)?;
    steps.run()?;
    println!("Everything is set up.");
    Ok(())
}

/// Adds the steps that install the tools for building the page.
pub(crate) fn plan_page(steps: &mut Steps, workspace: &Workspace, wasm: Option<Toolchain>) -> Result<()> {
    wasm_toolchain::plan(steps, wasm)?;
    CargoTool::trunk().plan(steps)?;
    wasm_bindgen(workspace)?.plan(steps)
}

/// Adds the step that installs the given toolchain for the page, if it is missing.
pub(crate) fn plan_toolchain(steps: &mut Steps, toolchain: Toolchain) -> Result<()> {
    wasm_toolchain::plan(steps, Some(toolchain))
}

/// Returns the tools that build the page.
///
/// # Errors
/// Fails if one is not installed.
pub(crate) fn page_tools(workspace: &Workspace, wasm: Option<Toolchain>) -> Result<PageTools> {
    Ok(PageTools {
        wasm: Wasm::find(wasm)?.context("the WASM target is not installed")?,
        trunk: CargoTool::trunk().folder()?,
        wasm_bindgen: wasm_bindgen(workspace)?.folder()?,
    })
}

fn wasm_bindgen(workspace: &Workspace) -> Result<CargoTool> {
    Ok(CargoTool::wasm_bindgen(locked_version(
        workspace,
        "wasm-bindgen",
    )?))
}

/// Adds the steps that install the given requirements, except the release binary.
pub(crate) fn plan<'a>(
    steps: &mut Steps<'a>,
    workspace: &'a Workspace,
    needs: &BTreeSet<Need>,
) -> Result<()> {
    apt::plan(steps, needs.iter().flat_map(|need| need.packages()).collect());
    if needs.contains(&Need::Browser) {
        axe::plan(steps)?;
    }
    if needs.contains(&Need::Node) {
        node::plan(steps, workspace)?;
    }
    if needs.contains(&Need::Python) {
        python::plan(steps, workspace)?;
    }
    Ok(())
}

/// Sets the environment variables that contain the paths of the installed tools.
pub(crate) fn name_tools(command: &mut Command, workspace: &Workspace, needs: &BTreeSet<Need>) -> Result<()> {
    for need in needs {
        match need {
            Need::Console => {
                command.env("ORI_BIN", workspace.binary());
            }
            Need::Browser => {
                let browser = browser::find().context(browser::PACKAGE.by_hand)?;
                command
                    .env("CHROMIUM", browser.chromium)
                    .env("CHROMEDRIVER", browser.chromedriver)
                    .env("AXE_JS", axe::script()?);
            }
            Need::Postgres => {
                command.env("ORI_POSTGRES_BIN", postgres_programs()?);
            }
            Need::Haproxy | Need::Valgrind => {}
            Need::Node => {
                command.env("NODE_TOOLS", node::folder(workspace)?);
            }
            Need::Python => {
                command.env("PYTHON_TOOLS", python::folder(workspace)?);
            }
        }
    }
    Ok(())
}

/// Returns the folder of PostgreSQL's programs.
///
/// # Errors
/// Fails if they are not installed.
pub(crate) fn postgres_programs() -> Result<PathBuf> {
    postgres::find().context(postgres::PACKAGE.by_hand)
}
