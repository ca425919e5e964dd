//! One release binary with the page inside.

use anyhow::Result;

use crate::workspace::Workspace;
use crate::{page, shell};

/// Builds the page, then the server that embeds it.
pub(crate) fn build(workspace: &Workspace) -> Result<()> {
    page::build(workspace)?;
    shell::step("Compiling the server (several minutes the first time)");
    shell::run(
        workspace
            .cargo()
            .args(["build", "--release", "--package", "ori-backend", "--bin", "ori"]),
    )
}
