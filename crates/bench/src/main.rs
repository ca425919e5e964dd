//! Measures the server beside baselines, which do only the indispensable work. Absolute numbers depend on the machine,
//! so each round runs everything in turn on the same machine and the ratios count.

mod admin_client;
mod baselines;
mod idempotent_load;
mod idle_cost;
mod load_generator;
mod measurements;
mod performance_document;
mod postgres;
mod process;
mod scaling;
mod seed_database;
mod table;
mod tail_latency;
mod webhooks;

use std::path::PathBuf;

use anyhow::Result;
use clap::{Parser, Subcommand, ValueEnum};
use mimalloc::MiMalloc;

/// Allocator of the server, so that the baselines do not have a slower one.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

#[derive(Parser)]
#[command(name = "ori-bench", about = "Measures the server beside baselines")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Measure, and print Markdown tables
    Run {
        /// Path of the server
        #[arg(long, env = "ORI_BIN")]
        ori: PathBuf,
        /// Path of the load generator
        #[arg(long, env = "OHA_BIN")]
        oha: PathBuf,
        /// Run fewer and shorter rounds
        #[arg(long)]
        quick: bool,
        /// Measure only this part
        #[arg(long)]
        only: Option<Part>,
        /// Write the tables and their charts to this Markdown file
        #[arg(long)]
        document: Option<PathBuf>,
    },
    /// Serve the baselines on a free port, and print the URL
    Baselines {
        /// URL of the host to which `/forward` forwards
        #[arg(long)]
        host: Option<String>,
        /// API key that `/verify` accepts
        #[arg(long)]
        key: Option<String>,
    },
    /// Add keys and calls to a database that no server has open
    Seed {
        /// Path of the database
        file: PathBuf,
        /// Number of keys
        #[arg(long, default_value_t = 1_000_000)]
        keys: u32,
        /// Number of calls
        #[arg(long, default_value_t = 0)]
        calls: u32,
    },
}

/// A part of the measurements.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    /// Verifying keys
    Verify,
    /// Recording calls durably
    Accept,
    /// Whole dialouts
    Dialout,
    /// Tail latency
    Tail,
    /// Recording calls durably on PostgreSQL
    Postgres,
    /// A million keys, ten million calls
    Growth,
    /// Delivering events, also beside receivers that never answer
    Webhooks,
    /// An idle server
    Idle,
}

#[actix_web::main]
async fn main() -> Result<()> {
    match Cli::parse().command {
        Command::Run {
            ori,
            oha,
            quick,
            only,
            document,
        } => measurements::run(&ori, &oha, quick, only, document.as_deref()).await,
        Command::Baselines { host, key } => baselines::serve(host, key.as_deref()).await,
        Command::Seed { file, keys, calls } => {
            seed_database::fill(&file, seed_database::Size { keys, calls }).await
        }
    }
}
