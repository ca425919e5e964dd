//! The tools of integrators that PyPI has: a tester of descriptions, a client generator, a type checker.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::{apt, cache};
use crate::shell;
use crate::workspace::Workspace;

const BY_HAND: &str = "The tests use the API as integrators do, with Python. By hand: install Python 3.11 or newer with its venv module";

/// A virtual environment with the very packages that the list says, each known by its hash.
pub(crate) fn ensure(workspace: &Workspace) -> Result<PathBuf> {
    let list = workspace.integrators().join("python/requirements.txt");
    let mut python = find();
    if python.is_none() {
        apt::install(&["python3", "python3-venv"]).context(BY_HAND)?;
        python = find();
    }
    let Some((python, version)) = python else {
        bail!("there is no Python 3.11 or newer. {BY_HAND}");
    };
    let tool = format!("python-{version}-tools");
    let name = cache::name_by_content(&tool, std::slice::from_ref(&list))?;
    let cached = cache::folder(&name)?;
    if shell::succeeds(Command::new(cached.join("bin/python")).arg("--version")) {
        return Ok(cached);
    }
    cache::fill(&name, |folder| install(folder, &python, &list)).context(BY_HAND)
}

/// A Python that can make virtual environments, and its version.
fn find() -> Option<(PathBuf, String)> {
    let names = ["python3", "python3.14", "python3.13", "python3.12", "python3.11"];
    names.iter().find_map(|name| {
        let python = shell::find(name)?;
        let ask = "import ensurepip, venv, sys; assert sys.version_info >= (3, 11); print('%d.%d' % sys.version_info[:2])";
        let version = shell::read_quietly(Command::new(&python).args(["-c", ask]))?;
        Some((python, version.trim().to_owned()))
    })
}

fn install(folder: &Path, python: &Path, list: &Path) -> Result<()> {
    shell::step("Fetching testers and client generators from PyPI (about a minute)");
    shell::run(Command::new(python).args(["-m", "venv"]).arg(folder))?;
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
    shell::run(pip.arg(list))
}
