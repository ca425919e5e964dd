//! Installs the Python tools of the API tests: an API tester, a client generator, a type checker.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::apt::Package;
use super::tool_cache;
use crate::cmd;
use crate::steps::{Estimate, Steps};
use crate::workspace::Workspace;

pub(super) static PACKAGE: Package = Package {
    names: &["python3", "python3-venv"],
    is_here: || find().is_some(),
    by_hand: "Python 3.11 or newer with its venv module",
};

/// Adds the step that installs the tools, if they are missing. Python must be installed before the step runs.
pub(super) fn plan<'a>(steps: &mut Steps<'a>, workspace: &'a Workspace) -> Result<()> {
    if folder(workspace).is_ok_and(|folder| is_usable(&folder)) {
        return Ok(());
    }
    let name = "Fetch API testers and client generators from PyPI";
    steps.add(name, Estimate::Minutes(1), || {
        let (python, version) = find().context(PACKAGE.by_hand)?;
        let list = list(workspace);
        let filled = tool_cache::fill(&cache_name(&version, &list)?, |folder| {
            install(folder, &python, &list)
        });
        filled
            .map(drop)
            .map_err(|error| tool_cache::needs_network("pip", &error))
    });
    Ok(())
}

/// Returns the virtual environment that contains the packages of the list.
pub(super) fn folder(workspace: &Workspace) -> Result<PathBuf> {
    let (_, version) = find().context(PACKAGE.by_hand)?;
    tool_cache::folder(&cache_name(&version, &list(workspace))?)
}

fn is_usable(folder: &Path) -> bool {
    cmd::succeeds(Command::new(folder.join("bin/python")).arg("--version"))
}

fn list(workspace: &Workspace) -> PathBuf {
    workspace.api_clients().join("python/requirements.txt")
}

fn cache_name(version: &str, list: &PathBuf) -> Result<String> {
    tool_cache::name_by_content(&format!("python-{version}-tools"), std::slice::from_ref(list))
}

/// Returns a Python that can create virtual environments, and its version.
fn find() -> Option<(PathBuf, String)> {
    let names = ["python3", "python3.14", "python3.13", "python3.12", "python3.11"];
    names.iter().find_map(|name| {
        let python = cmd::find(name)?;
        let ask = "import ensurepip, venv, sys; assert sys.version_info >= (3, 11); print('%d.%d' % sys.version_info[:2])";
        let version = cmd::read_quietly(Command::new(&python).args(["-c", ask]))?;
        Some((python, version.trim().to_owned()))
    })
}

fn install(folder: &Path, python: &Path, list: &Path) -> Result<()> {
    cmd::run(Command::new(python).args(["-m", "venv"]).arg(folder))?;
    let mut pip = Command::new(folder.join("bin/python"));
    pip.args([
        "-m",
        "pip",
        "install",
        "--quiet",
        "--require-hashes",
        "--no-warn-script-location",
        "--requirement",
    ]);
    cmd::run(pip.arg(list))
}
