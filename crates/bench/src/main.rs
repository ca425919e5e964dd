//! Measures the server beside limit programs: programs that do only what cannot be left out. Absolute numbers mean little,
//! so each round runs everything in turn on the same machine, and what counts is the ratio.

mod console;
mod growth;
mod idle;
mod limits;
mod load;
mod postgres;
mod program;
mod report;
mod run;
mod seed;
mod tail;
mod webhooks;

use std::path::PathBuf;

use anyhow::Result;
use clap::{Parser, Subcommand, ValueEnum};
use mimalloc::MiMalloc;

/// The server's own, so that the limit programs owe nothing to a lesser one.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

#[derive(Parser)]
#[command(name = "ori-bench", about = "Measures the server beside limit programs")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Compares, and prints a Markdown table
    Run {
        /// The server
        #[arg(long, env = "ORI_BIN")]
        ori: PathBuf,
        /// The load generator
        #[arg(long, env = "OHA_BIN")]
        oha: PathBuf,
        /// About a minute in all
        #[arg(long)]
        quick: bool,
        /// Of all that is compared, this alone
        #[arg(long)]
        only: Option<Part>,
    },
    /// Serves the limit programs on a free port, which it prints
    Limits {
        /// Where `/forward` forwards to
        #[arg(long)]
        host: Option<String>,
        /// The key that `/verify` knows
        #[arg(long)]
        key: Option<String>,
    },
    /// Adds keys and calls to a database that no server has open
    Seed {
        /// The database's file
        file: PathBuf,
        /// So many keys
        #[arg(long, default_value_t = 1_000_000)]
        keys: u32,
        /// So many calls
        #[arg(long, default_value_t = 0)]
        calls: u32,
    },
}

/// What is compared with what.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    /// To verify a key
    Verify,
    /// To accept a call
    Accept,
    /// To have it dialled
    Dialout,
    /// How long the slowest wait
    Tail,
    /// To accept a call on PostgreSQL
    Postgres,
    /// A million keys, ten million calls
    Growth,
    /// To deliver events, also beside receivers that never answer
    Webhooks,
    /// To do nothing
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
        } => run::run(&ori, &oha, quick, only).await,
        Command::Limits { host, key } => limits::serve(host, key.as_deref()).await,
        Command::Seed { file, keys, calls } => seed::fill(&file, seed::Size { keys, calls }).await,
    }
}
