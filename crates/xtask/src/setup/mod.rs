//! What the other tasks need and a fresh machine lacks.
//!
//! Each step first looks whether there is anything to do. If there is, it says what it does and how long that
//! may take; if it fails, it says what to install by hand.

mod apt;
mod axe;
mod browser;
mod cache;
mod cargo_tool;
mod haproxy;
mod node;
pub(crate) mod postgres;
mod python;
mod standin;
mod valgrind;
mod wasm;

use std::path::PathBuf;

use anyhow::Result;

pub(crate) use self::cargo_tool::CargoTool;
pub(crate) use self::wasm::{Wasm, has_ready_made_libraries};
use crate::lockfile::locked_version;
use crate::workspace::Workspace;

/// What builds the page. The programs' folders go by the programs' names.
pub(crate) struct PageTools {
    pub(crate) wasm: Wasm,
    pub(crate) trunk: PathBuf,
    pub(crate) wasm_bindgen: PathBuf,
}

/// What drives the browser tests, the folder of PostgreSQL's programs, and what integrators use.
pub(crate) struct TestTools {
    pub(crate) chromium: PathBuf,
    pub(crate) chromedriver: PathBuf,
    pub(crate) axe: PathBuf,
    pub(crate) node: PathBuf,
    pub(crate) python: PathBuf,
    pub(crate) postgres: PathBuf,
}

/// Everything behind every task.
pub(crate) fn everything(workspace: &Workspace) -> Result<()> {
    for_page(workspace)?;
    for_tests(workspace)?;
    CargoTool::cargo_deny().ensure()?;
    println!("Everything is set up.");
    Ok(())
}

/// What the replicated set-up needs beside a build. Returns the folder of PostgreSQL's programs.
pub(crate) fn for_cluster() -> Result<PathBuf> {
    haproxy::ensure()?;
    postgres::ensure()
}

/// What `build` needs, and with it `run`.
pub(crate) fn for_page(workspace: &Workspace) -> Result<PageTools> {
    let wasm = wasm::ensure()?;
    let trunk = CargoTool::trunk().ensure()?;
    let wasm_bindgen = CargoTool::wasm_bindgen(locked_version(workspace, "wasm-bindgen")?).ensure()?;
    Ok(PageTools {
        wasm,
        trunk,
        wasm_bindgen,
    })
}

/// What drives a browser: Chromium and its driver.
pub(crate) fn for_browser() -> Result<(PathBuf, PathBuf)> {
    let browser::Browser {
        chromium,
        chromedriver,
    } = browser::ensure()?;
    Ok((chromium, chromedriver))
}

/// What `test` needs beside a build.
pub(crate) fn for_tests(workspace: &Workspace) -> Result<TestTools> {
    valgrind::ensure()?;
    let (chromium, chromedriver) = for_browser()?;
    Ok(TestTools {
        chromium,
        chromedriver,
        axe: axe::ensure()?,
        node: node::ensure(workspace)?,
        python: python::ensure(workspace)?,
        postgres: for_cluster()?,
    })
}
