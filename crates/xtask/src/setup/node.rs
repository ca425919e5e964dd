//! Installs the Node tools of the API tests: linters, a client generator, a compiler.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::apt::Package;
use super::tool_cache;
use crate::cmd;
use crate::steps::{Estimate, Steps};
use crate::workspace::Workspace;

pub(super) static PACKAGE: Package = Package {
    names: &["nodejs", "npm"],
    is_here,
    by_hand: "Node 20 or newer with npm",
};

/// npm alone, which downloads axe-core.
pub(super) static NPM: Package = Package {
    names: &["npm"],
    is_here: || cmd::find("npm").is_some(),
    by_hand: "npm",
};

/// Adds the step that installs the tools, if they are missing. Node must be installed before the step runs.
pub(super) fn plan<'a>(steps: &mut Steps<'a>, workspace: &'a Workspace) -> Result<()> {
    if folder(workspace)?.join("node_modules").is_dir() {
        return Ok(());
    }
    let name = "Fetch linters and client generators with npm";
    steps.add(name, Estimate::Minutes(1), || {
        let files = files(workspace);
        let filled = tool_cache::fill(&cache_name(&files)?, |folder| install(folder, &files));
        filled
            .map(drop)
            .map_err(|error| tool_cache::needs_network("npm", &error))
    });
    Ok(())
}

/// Returns the folder that contains `node_modules` of the lock file.
pub(super) fn folder(workspace: &Workspace) -> Result<PathBuf> {
    tool_cache::folder(&cache_name(&files(workspace))?)
}

fn files(workspace: &Workspace) -> [PathBuf; 2] {
    let lock = workspace.api_clients().join("node");
    ["package.json", "package-lock.json"].map(|name| lock.join(name))
}

fn cache_name(files: &[PathBuf]) -> Result<String> {
    tool_cache::name_by_content("node-tools", files)
}

fn is_here() -> bool {
    let version = cmd::read_quietly(Command::new("node").arg("--version"));
    cmd::find("npm").is_some() && version.is_some_and(|version| is_enough(&version))
}

/// Returns whether the output of `node --version`, such as `v20.20.2`, names version 20 or newer.
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
    for file in files {
        let name = file.file_name().context("a lock file has a name")?;
        std::fs::copy(file, folder.join(name)).with_context(|| format!("{} is missing", file.display()))?;
    }
    let mut npm = Command::new("npm");
    npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]);
    cmd::run(npm.current_dir(folder))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_node_20_or_newer_is_enough() {
        assert!(is_enough("v20.20.2\n") && is_enough("v22.12.0"));
        assert!(!is_enough("v18.20.4") && !is_enough(""));
    }
}
