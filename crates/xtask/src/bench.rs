//! Measures the server beside baselines.

use anyhow::Result;

use crate::setup::{self, CargoTool, Need};
use crate::steps::{Estimate, Steps};
use crate::workspace::Workspace;
use crate::{build, cmd};

/// Builds and runs the measurements, or one part of them, and writes `docs/performance.md`.
pub(crate) fn bench(workspace: &Workspace, quick: bool, only: Option<&str>) -> Result<()> {
    if only != Some("page") {
        server(workspace, quick, only)?;
    }
    if only.is_none_or(|only| only == "page") {
        page(workspace)?;
    }
    Ok(())
}

fn server(workspace: &Workspace, quick: bool, only: Option<&str>) -> Result<()> {
    let mut steps = Steps::default();
    setup::plan(&mut steps, workspace, &[Need::Postgres].into())?;
    CargoTool::oha().plan(&mut steps)?;
    build::plan(&mut steps, workspace, None)?;
    steps.add("Compile the benchmark", Estimate::UpToMinutes(4), || {
        let mut cargo = workspace.cargo();
        cmd::run(cargo.args(["build", "--release", "--package", "ori-bench"]))
    });
    steps.run()?;
    cmd::step("Measuring; for meaningful numbers, keep the machine otherwise idle");
    let mut bench = std::process::Command::new(workspace.target().join("release/ori-bench"));
    bench
        .arg("run")
        .env("ORI_BIN", workspace.binary())
        .env("OHA_BIN", CargoTool::oha().folder()?.join("oha"))
        .env("ORI_POSTGRES_BIN", setup::postgres_programs()?);
    if quick {
        bench.arg("--quick");
    }
    match only {
        Some(only) => bench.args(["--only", only]),
        None => bench
            .arg("--document")
            .arg(workspace.root().join("docs/performance.md")),
    };
    cmd::run(&mut bench)
}

/// Measures the waiting time for the list of keys. The browser tests do the measuring, because they can operate the
/// page.
fn page(workspace: &Workspace) -> Result<()> {
    let needs = [Need::Console, Need::Browser].into();
    let mut steps = Steps::default();
    setup::plan(&mut steps, workspace, &needs)?;
    build::plan(&mut steps, workspace, None)?;
    steps.run()?;
    let tests = ["test", "--package", "ori-e2e", "--test", "browser"];
    cmd::run(workspace.cargo().args(tests).arg("--no-run"))?;
    println!("\n### The page\n\n| | reached | limit | |\n| --- | ---: | ---: | --- |");
    let figures = ["--quiet", "--", "timings::", "--ignored", "--test-threads=1"];
    let mut measure = workspace.cargo();
    measure.args(tests).args(figures);
    setup::name_tools(&mut measure, workspace, &needs)?;
    cmd::run(&mut measure)
}
