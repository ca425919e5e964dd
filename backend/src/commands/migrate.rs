//! `ori migrate`

use std::io;

use super::{Outcome, told};
use crate::config::{Config, Options};
use crate::{database, logging};

/// Brings the database's tables up to date.
///
/// # Errors
/// When the configuration has a fault, or the tables cannot be brought up to date.
pub async fn run(options: Options) -> Outcome {
    let config = Config::check(&options.with_file()?)?;
    database::migrate(&config.database)
        .await
        .map_err(|error| format!("cannot migrate the database: {}", told(&error)))?;
    logging::print(io::stdout(), "The tables are up to date.\n".to_owned());
    Ok(())
}
