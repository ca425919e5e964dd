//! `ori migrate`

use std::io;

use super::{Outcome, told};
use crate::config::{Config, Options};
use crate::{database, logging};

/// Brings the database's tables up to date.
///
/// # Errors
/// Returns an error if the configuration is invalid or the migration fails.
pub async fn run(options: Options) -> Outcome {
    let config = Config::check(&options.with_file()?)?;
    database::migrate(&config.database)
        .await
        .map_err(|error| format!("cannot migrate the database: {}", told(&error)))?;
    logging::print(io::stdout(), "The tables are up to date.\n".to_owned());
    Ok(())
}
