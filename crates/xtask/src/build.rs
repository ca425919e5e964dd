//! Builds the release binary with the page inside.

use anyhow::Result;

use crate::setup::Toolchain;
use crate::steps::{Estimate, Steps};
use crate::workspace::Workspace;
use crate::{cmd, page_build, page_size};

/// Builds the binary, and prints the size of the page.
pub(crate) fn build(workspace: &Workspace, wasm: Option<Toolchain>) -> Result<()> {
    let mut steps = Steps::default();
    plan(&mut steps, workspace, wasm)?;
    steps.run()?;
    page_size::report(&workspace.page())
}

/// Adds the steps that build the page, then the server that embeds it.
pub(crate) fn plan<'a>(
    steps: &mut Steps<'a>,
    workspace: &'a Workspace,
    wasm: Option<Toolchain>,
) -> Result<()> {
    page_build::plan(steps, workspace, wasm)?;
    let estimate = if workspace.binary().is_file() {
        Estimate::UpToMinutes(4)
    } else {
        Estimate::Minutes(4)
    };
    steps.add("Compile the server", estimate, || {
        let mut cargo = workspace.cargo();
        cmd::run(cargo.args(["build", "--release", "--package", "ori-backend", "--bin", "ori"]))
    });
    Ok(())
}
