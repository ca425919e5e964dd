//! `ori import`

use std::io;

use super::{Outcome, told};
use crate::config::{Database, Options};
use crate::{engine, logging};

/// Carries everything from one database into another.
#[derive(clap::Args)]
pub struct Import {
    /// The database to read, sqlite://FILE. Stop its server first: what it does later is not carried over
    #[arg(long, value_name = "URL")]
    from: String,
    /// The empty database to fill, postgres://…; ORI_DATABASE_URL where it is not given, so that no password need be a flag
    #[arg(long, env = "ORI_DATABASE_URL", hide_env_values = true, value_name = "URL")]
    to: String,
}

/// All of it, or nothing.
///
/// # Errors
/// When an address is none, or something cannot be read or kept.
pub async fn run(import: Import) -> Outcome {
    let options = Options::default();
    let from = Database::at(&import.from, "--from", &options)?;
    let to = Database::at(&import.to, "--to", &options)?;
    let counts = engine::import(&from, &to)
        .await
        .map_err(|error| format!("nothing was carried over: {}", told(&error)))?;
    let mut report: String = counts
        .into_iter()
        .map(|(table, count)| format!("{count:>10} {table}\n"))
        .collect();
    report.push_str("Everything was carried over, and counted there.\n");
    logging::print(io::stdout(), report);
    Ok(())
}
