//! The tools of integrators that npm has: linters, a client generator, a compiler.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::{apt, cache};
use crate::shell;
use crate::workspace::Workspace;

const BY_HAND: &str =
    "The tests use the API as integrators do, with Node. By hand: install Node 20 or newer with npm";

/// The folder whose `node_modules` are what the lock file says.
pub(crate) fn ensure(workspace: &Workspace) -> Result<PathBuf> {
    let lock = workspace.integrators().join("node");
    let files = ["package.json", "package-lock.json"].map(|name| lock.join(name));
    let name = cache::name_by_content("node-tools", &files)?;
    if shell::find("node").is_none() || shell::find("npm").is_none() {
        apt::install(&["nodejs", "npm"]).context(BY_HAND)?;
    }
    let cached = cache::folder(&name)?;
    if cached.join("node_modules").is_dir() {
        return Ok(cached);
    }
    cache::fill(&name, |folder| install(folder, &files)).context(BY_HAND)
}

fn install(folder: &Path, files: &[PathBuf]) -> Result<()> {
    shell::step("Fetching linters and client generators with npm (about a minute)");
    for file in files {
        let name = file.file_name().context("a lock file has a name")?;
        std::fs::copy(file, folder.join(name)).with_context(|| format!("{} is missing", file.display()))?;
    }
    let mut npm = Command::new("npm");
    npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]);
    shell::run(npm.current_dir(folder))
}
