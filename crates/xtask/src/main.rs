//! The tasks of this repository: `cargo xtask run`, `cluster`, `test`, `toolchains`, `build`, `bench`, `openapi`, `deny`
//! and `setup`.
//!
//! What a task needs and the machine lacks is installed on the way; `setup` does all of that by itself.

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
    /// Compile the page with this toolchain, installing it if need be; by default with the one that is here
    #[arg(long, env = "ORI_WASM", global = true, value_enum)]
    wasm: Option<Toolchain>,
}

#[derive(Clone, Subcommand)]
enum Task {
    /// Build, then start the console on SQLite and say how to sign in
    Run {
        /// Delete the demo data first, and make a new admin
        #[arg(long)]
        fresh: bool,
    },
    /// Build, then start three replicas behind HAProxy, on PostgreSQL with a synchronous standby
    Cluster,
    /// Build what the tests need, and run all of them
    Test {
        /// Run only the tests whose names contain this, and set up only what they need
        #[arg(value_name = "FILTER")]
        filters: Vec<String>,
    },
    /// Build the page with each toolchain that this machine can have, and try each page in a browser
    Toolchains,
    /// Build target/release/ori, the one binary with the page inside
    Build,
    /// Write openapi.yaml from the server's routes
    Openapi {
        /// Change nothing; fail if the file is stale
        #[arg(long)]
        check: bool,
        /// Also take it as that of the release that is about to be made: from then on, what breaks its clients is a break
        #[arg(long, conflicts_with = "check")]
        release: bool,
    },
    /// Measure what the server costs, beside programs that do only what cannot be left out
    Bench {
        /// About a minute in all
        #[arg(long)]
        quick: bool,
        /// Of all that is measured, this alone: verify, accept, dialout, tail, postgres, growth, idle or page
        #[arg(long, value_name = "PART")]
        only: Option<String>,
    },
    /// Check the licences, sources and known faults of every dependency
    Deny,
    /// Install what this machine lacks for the other tasks
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
