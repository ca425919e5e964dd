//! What the server costs, beside limit programs.

use anyhow::Result;

use crate::setup::{self, CargoTool, postgres};
use crate::workspace::Workspace;
use crate::{build, shell};

/// Builds what is compared, and compares it, or that part alone.
pub(crate) fn bench(workspace: &Workspace, quick: bool, only: Option<&str>) -> Result<()> {
    if only != Some("page") {
        server(workspace, quick, only)?;
    }
    if only.is_none_or(|only| only == "page") {
        build::build(workspace)?;
        page(workspace)?;
    }
    Ok(())
}

fn server(workspace: &Workspace, quick: bool, only: Option<&str>) -> Result<()> {
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
    if let Some(only) = only {
        bench.args(["--only", only]);
    }
    shell::run(&mut bench)
}

/// How long a person waits for the list of keys. The browser tests measure it, which know the way about the page.
fn page(workspace: &Workspace) -> Result<()> {
    let (chromium, chromedriver) = setup::for_browser()?;
    let tests = ["test", "--package", "ori-e2e", "--test", "browser"];
    shell::run(workspace.cargo().args(tests).arg("--no-run"))?;
    println!("\n### The page\n\n| | reached | wanted | |\n| --- | ---: | ---: | --- |");
    let figures = ["--quiet", "--", "figures::", "--ignored", "--test-threads=1"];
    let mut measure = workspace.cargo();
    measure.args(tests).args(figures);
    measure
        .env("ORI_BIN", workspace.binary())
        .env("CHROMIUM", chromium)
        .env("CHROMEDRIVER", chromedriver);
    shell::run(&mut measure)
}
