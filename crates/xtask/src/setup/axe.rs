//! axe-core, which finds what shuts people out of a page.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::{apt, cache};
use crate::shell;

const VERSION: &str = "4.14.1";

const BY_HAND: &str =
    "The tests check that everybody can use the page. By hand: install npm, which fetches axe-core";

/// The script that the browser tests run inside the page.
pub(crate) fn ensure() -> Result<PathBuf> {
    let name = format!("axe-core-{VERSION}");
    let script = "node_modules/axe-core/axe.min.js";
    let cached = cache::folder(&name)?.join(script);
    if cached.is_file() {
        return Ok(cached);
    }
    if shell::find("npm").is_none() {
        apt::install(&["npm"]).context(BY_HAND)?;
    }
    Ok(cache::fill(&name, install).context(BY_HAND)?.join(script))
}

fn install(folder: &Path) -> Result<()> {
    shell::step(&format!("Fetching axe-core {VERSION} with npm (under a minute)"));
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
    shell::run(npm.arg(format!("axe-core@{VERSION}")).current_dir(folder))
}
