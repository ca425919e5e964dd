//! Installs axe-core, which checks the accessibility of a page.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use super::tool_cache;
use crate::cmd;
use crate::steps::{Estimate, Steps};

const VERSION: &str = "4.14.1";

/// Adds the step that downloads the script, if it is missing. npm must be installed before the step runs.
pub(super) fn plan(steps: &mut Steps) -> Result<()> {
    if !script()?.is_file() {
        steps.add(
            format!("Fetch axe-core {VERSION} with npm"),
            Estimate::Seconds,
            || {
                let filled = tool_cache::fill(&name(), install);
                filled
                    .map(drop)
                    .map_err(|error| tool_cache::needs_network("npm", &error))
            },
        );
    }
    Ok(())
}

/// Returns the path of the script, which the browser tests run inside the page.
pub(super) fn script() -> Result<PathBuf> {
    Ok(tool_cache::folder(&name())?.join("node_modules/axe-core/axe.min.js"))
}

fn name() -> String {
    format!("axe-core-{VERSION}")
}

fn install(folder: &Path) -> Result<()> {
    let mut npm = Command::new("npm");
    npm.args([
        "install",
        "--no-save",
        "--ignore-scripts",
        "--no-audit",
        "--no-fund",
        "--prefix",
    ])
    .arg(folder);
    cmd::run(npm.arg(format!("axe-core@{VERSION}")).current_dir(folder))
}
