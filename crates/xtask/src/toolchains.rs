//! Tests the page of each toolchain.

use anyhow::{Result, bail};

use crate::setup::{self, Need, Toolchain};
use crate::steps::{Estimate, Steps};
use crate::workspace::Workspace;
use crate::{cmd, page_build};

/// Builds the page with each toolchain that this machine has or can install, and runs the smoke tests on each. At the
/// end, prints the tested toolchains and the reason why another one is missing.
///
/// # Errors
/// Fails if a page fails its tests, or if there is no toolchain at all.
pub(crate) fn toolchains(workspace: &Workspace) -> Result<()> {
    let (mut tested, mut missing) = (Vec::new(), Vec::new());
    // The default comes last, so that its page is up to date for the tasks that follow.
    for toolchain in [Toolchain::Debian, Toolchain::Rustup] {
        match install(toolchain) {
            Ok(()) => {
                smoke(workspace, toolchain)?;
                tested.push(toolchain.to_string());
            }
            Err(error) => missing.push(format!("{toolchain} is not available: {error:#}")),
        }
    }
    if tested.is_empty() {
        bail!("no toolchain for the page is available: {}", missing.join("; "));
    }
    println!("\nThe page was built and tested with {}.", tested.join(" and "));
    for reason in &missing {
        println!("Not tested: {reason}.");
    }
    Ok(())
}

fn install(toolchain: Toolchain) -> Result<()> {
    let mut steps = Steps::default();
    setup::plan_toolchain(&mut steps, toolchain)?;
    steps.run()
}

/// Tests the page in a debug build of the server, which is linked in a fraction of the time of a release.
fn smoke(workspace: &Workspace, toolchain: Toolchain) -> Result<()> {
    let needs = [Need::Browser].into();
    let mut steps = Steps::default();
    setup::plan(&mut steps, workspace, &needs)?;
    page_build::plan(&mut steps, workspace, Some(toolchain))?;
    steps.add(
        format!("Test the page of {toolchain} in a browser"),
        Estimate::UpToMinutes(8),
        || {
            let mut cargo = workspace.cargo();
            // Including the API tests, because cargo builds the binary for them, with the same features as for all
            // tests.
            cargo.args(["test", "--workspace", "--test", "browser", "--test", "api"]);
            cargo
                .args(["--", "smoke::"])
                .env("ORI_BIN", workspace.debug_binary());
            setup::name_tools(&mut cargo, workspace, &needs)?;
            cmd::run(&mut cargo)
        },
    );
    steps.run()
}
