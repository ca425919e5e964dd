//! Checks licences, sources, bans and advisories of the dependencies.

use std::process::Command;

use anyhow::Result;

use crate::cmd;
use crate::setup::CargoTool;
use crate::steps::Steps;
use crate::workspace::Workspace;

/// Checks all dependencies against deny.toml.
pub(crate) fn deny(workspace: &Workspace) -> Result<()> {
    let mut steps = Steps::default();
    CargoTool::cargo_deny().plan(&mut steps)?;
    steps.run()?;
    let program = CargoTool::cargo_deny().folder()?.join("cargo-deny");
    let deny = || {
        let mut deny = Command::new(&program);
        deny.current_dir(workspace.root()).arg("--workspace");
        deny
    };
    cmd::step("Checking licences, sources and banned crates");
    cmd::run(deny().args(["check", "--hide-inclusion-graph", "bans", "licenses", "sources"]))?;

    // The advisory database is on a server that a closed network does not reach. Its absence is reported and is no
    // failure, because it implies nothing about this workspace.
    cmd::step("Downloading the advisory database");
    if !cmd::succeeds(deny().args(["fetch", "db"])) {
        println!("The advisory database is unreachable: known vulnerabilities are NOT checked.");
        return Ok(());
    }
    cmd::run(deny().args(["check", "--disable-fetch", "advisories"]))
}
