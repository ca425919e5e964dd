//! `ori import`

use std::io;

use super::{Outcome, told};
use crate::config::{Database, Faults, Options, cleaned, secret};
use crate::{database, logging};

/// Carries everything from one database into another.
#[derive(clap::Args)]
pub struct Import {
    /// The database to read, sqlite://FILE. Stop its server first: what it does later is not carried over
    #[arg(long, value_name = "URL")]
    from: String,
    /// The empty database to fill, postgres://…; ORI_DATABASE_URL if it is absent, so that a password need not be a flag
    #[arg(long, env = "ORI_DATABASE_URL", hide_env_values = true, value_name = "URL")]
    to: Option<String>,
    /// A file that holds the address of the database to fill
    #[arg(long, env = "ORI_DATABASE_URL_FILE", value_name = "FILE")]
    to_file: Option<String>,
}

const TARGET: &str = "ORI_DATABASE_URL";

impl Import {
    /// The address of the database to fill.
    fn target(&self) -> Result<String, Faults> {
        let given = |given: &Option<String>, option| {
            let cleaned = given.as_ref().map(|given| cleaned(given, option));
            cleaned.transpose().map(Option::flatten)
        };
        let file = given(&self.to_file, "ORI_DATABASE_URL_FILE")?;
        secret(given(&self.to, TARGET)?, file.as_deref(), TARGET)?
            .ok_or_else(|| Faults::one(TARGET, "is needed, or --to, or ORI_DATABASE_URL_FILE"))
    }
}

/// All of it, or nothing.
///
/// # Errors
/// Returns an error if an address is invalid, or a row cannot be read or stored.
pub async fn run(import: Import) -> Outcome {
    let options = Options::default();
    let from = cleaned(&import.from, "--from")?.unwrap_or_default();
    let from = Database::at(&from, "--from", &options)?;
    let to = Database::at(&import.target()?, TARGET, &options)?;
    let counts = database::import(&from, &to)
        .await
        .map_err(|error| format!("nothing was imported: {}", told(&error)))?;
    let mut report: String = counts
        .into_iter()
        .map(|(table, count)| format!("{count:>10} {table}\n"))
        .collect();
    report.push_str("Everything was carried over, and counted there.\n");
    logging::print(io::stdout(), report);
    Ok(())
}
