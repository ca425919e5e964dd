//! The tools of integrators that npm has: linters, a client generator, a compiler.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

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
    if !is_here() {
        apt::install(&["nodejs", "npm"]).context(BY_HAND)?;
    }
    if !is_here() {
        bail!("there is no Node 20 or newer with npm. {BY_HAND}");
    }
    let cached = cache::folder(&name)?;
    if cached.join("node_modules").is_dir() {
        return Ok(cached);
    }
    cache::fill(&name, |folder| install(folder, &files)).context(BY_HAND)
}

fn is_here() -> bool {
    let version = shell::read_quietly(Command::new("node").arg("--version"));
    shell::find("npm").is_some() && version.is_some_and(|version| is_enough(&version))
}

/// Whether what `node --version` answers, such as `v20.20.2`, is version 20 or newer.
fn is_enough(version: &str) -> bool {
    let major = version
        .trim()
        .strip_prefix('v')
        .and_then(|version| version.split('.').next());
    major
        .and_then(|major| major.parse::<u32>().ok())
        .is_some_and(|major| major >= 20)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_node_that_the_tools_run_on_will_do() {
        assert!(is_enough("v20.20.2\n") && is_enough("v22.12.0"));
        assert!(!is_enough("v18.20.4") && !is_enough(""));
    }
}
