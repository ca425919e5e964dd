//! Tasks of this repository: `cargo xtask run`, `cluster`, `test`, `toolchains`, `build`, `bench`, `openapi`, `deny`
//! and `setup`.
//!
//! Each task first installs the missing tools that it needs; `setup` installs the tools of all tasks.

mod bench;
mod build;
mod cluster;
mod cmd;
mod deny;
mod fingerprint;
mod lockfile;
mod openapi;
mod page_build;
mod page_size;
mod run;
mod setup;
mod steps;
mod test;
mod toolchains;
mod workspace;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

use crate::setup::Toolchain;
use crate::workspace::Workspace;

#[derive(Parser)]
#[command(
    name = "cargo xtask",
    bin_name = "cargo xtask",
    about = "Builds, runs and tests the console"
)]
struct Cli {
    #[command(subcommand)]
    task: Task,
    /// Compile the page with this toolchain and install it if it is missing [default: an installed one]
    #[arg(long, env = "ORI_WASM", global = true, value_enum)]
    wasm: Option<Toolchain>,
}

#[derive(Clone, Subcommand)]
enum Task {
    /// Build, then start the console on SQLite and print how to sign in
    Run {
        /// Delete the demo data first, and create a new admin
        #[arg(long)]
        fresh: bool,
    },
    /// Build, then start three replicas behind HAProxy, on PostgreSQL with a synchronous standby
    Cluster,
    /// Build what the tests need, then run all tests
    Test {
        /// Run only the tests whose names contain FILTER, and install only what they need
        #[arg(value_name = "FILTER")]
        filters: Vec<String>,
    },
    /// Build the page with each toolchain that this machine can have, and test each page in a browser
    Toolchains,
    /// Build target/release/ori, the single binary with the page inside
    Build,
    /// Generate openapi.yaml from the server's routes
    Openapi {
        /// Change nothing; fail if the file is out of date
        #[arg(long)]
        check: bool,
        /// Also store the file as that of a release, against which later changes are checked for breaks
        #[arg(long, conflicts_with = "check")]
        release: bool,
    },
    /// Measure the server beside baselines, and write docs/performance.md
    Bench {
        /// Run fewer and shorter rounds: about a minute in all
        #[arg(long)]
        quick: bool,
        /// Measure only PART: verify, accept, dialout, tail, postgres, growth, webhooks, idle or page
        #[arg(long, value_name = "PART")]
        only: Option<String>,
    },
    /// Check the licences, sources and known vulnerabilities of all dependencies
    Deny,
    /// Install the tools that the other tasks need and this machine lacks
    Setup,
}

fn main() -> ExitCode {
    perform(Cli::parse()).unwrap_or_else(|error| {
        eprintln!("\nerror: {error:#}");
        ExitCode::FAILURE
    })
}

fn perform(Cli { task, wasm }: Cli) -> Result<ExitCode> {
    let workspace = Workspace::find();
    match task {
        Task::Run { fresh } => return run::run(&workspace, fresh, wasm),
        Task::Cluster => cluster::cluster(&workspace)?,
        Task::Test { filters } => test::test(&workspace, &filters, wasm)?,
        Task::Toolchains => toolchains::toolchains(&workspace)?,
        Task::Build => build::build(&workspace, wasm)?,
        Task::Bench { quick, only } => bench::bench(&workspace, quick, only.as_deref())?,
        Task::Openapi { check, release } => {
            openapi::openapi(&workspace, check)?;
            if release {
                openapi::release(&workspace)?;
            }
        }
        Task::Deny => deny::deny(&workspace)?,
        Task::Setup => setup::everything(&workspace, wasm)?,
    }
    Ok(ExitCode::SUCCESS)
}
