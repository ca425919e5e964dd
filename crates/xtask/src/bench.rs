//! What the server costs, beside limit programs.

use anyhow::Result;

use crate::setup::{CargoTool, postgres};
use crate::workspace::Workspace;
use crate::{build, shell};

/// Builds what is compared, and compares.
pub(crate) fn bench(workspace: &Workspace, quick: bool) -> Result<()> {
    let oha = CargoTool::oha().ensure()?.join("oha");
    let postgres = postgres::ensure()?;
    build::build(workspace)?;
    shell::run(
        workspace
            .cargo()
            .args(["build", "--release", "--package", "ori-bench"]),
    )?;
    shell::step("Measuring; for numbers that mean something, let the machine do nothing else");
    let mut bench = std::process::Command::new(workspace.target().join("release/ori-bench"));
    bench
        .arg("run")
        .env("ORI_BIN", workspace.binary())
        .env("OHA_BIN", oha)
        .env("ORI_POSTGRES_BIN", postgres);
    if quick {
        bench.arg("--quick");
    }
    shell::run(&mut bench)
}
