//! Every test there is.

use anyhow::Result;

use crate::workspace::Workspace;
use crate::{build, setup, shell};

/// Sets up what the tests lack, builds the binary that the browser tests drive, and passes all tests.
pub(crate) fn test(workspace: &Workspace) -> Result<()> {
    let tools = setup::for_tests(workspace)?;
    build::build(workspace)?;
    shell::step("Testing (several minutes the first time)");
    let mut cargo = workspace.cargo();
    // All of them, even after a failure: the second fault is often the one that explains the first.
    cargo.args(["test", "--workspace", "--no-fail-fast"]);
    cargo.env("ORI_BIN", workspace.binary()).env("AXE_JS", tools.axe);
    cargo
        .env("NODE_TOOLS", tools.node)
        .env("PYTHON_TOOLS", tools.python);
    cargo
        .env("CHROMIUM", tools.chromium)
        .env("CHROMEDRIVER", tools.chromedriver)
        .env("ORI_POSTGRES_BIN", tools.postgres);
    shell::run(&mut cargo)
}
