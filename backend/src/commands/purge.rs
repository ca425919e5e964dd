//! `ori purge`

use std::io;

use chrono::{DateTime, TimeDelta, Utc};
use ori_shared::instant::Instant;
use ori_store::StoreError;

use super::{Outcome, told};
use crate::background::retention::in_steps;
use crate::clock::{Clock as _, SystemClock};
use crate::config::{Config, Database, Options};
use crate::{database, logging};

/// Deletes old calls.
#[derive(clap::Args)]
pub struct Purge {
    #[command(flatten)]
    age: Age,
    #[command(flatten)]
    options: Options,
}

#[derive(clap::Args)]
#[group(required = true, multiple = false)]
struct Age {
    /// Deletes the calls that were asked for so many days ago, or earlier
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u16).range(1..))]
    older_than: Option<u16>,
    /// Deletes the calls that were asked for before that day, such as 2026-01-31 (in UTC), or before that time, such as
    /// 2026-01-31T09:00:00+05:30. It must lie a day back
    #[arg(long, value_name = "WHEN", value_parser = when)]
    before: Option<DateTime<Utc>>,
}

/// Deletes the calls that are over, with all that is known of them. While it is at work, servers may use a PostgreSQL
/// database.
///
/// # Errors
/// Returns an error if the configuration is invalid, or the database cannot be opened or changed.
pub async fn run(purge: Purge) -> Outcome {
    let config = Config::check(&purge.options.with_file()?)?;
    let before = purge.age.before(SystemClock.now())?;
    let store = database::open(&config.database)
        .await
        .map_err(|error| not_opened(&error, &config.database))?;
    let purged = in_steps(|limit| store.purge_calls(before, limit))
        .await
        .map_err(|error| told(&error))?;
    store.close().await;
    logging::print(io::stdout(), format!("{purged} calls were deleted.\n"));
    Ok(())
}

/// A server that runs has its SQLite file to itself.
fn not_opened(error: &StoreError, database: &Database) -> String {
    match (error, database) {
        (StoreError::Unavailable(_), Database::Sqlite(_)) => format!(
            "{}. Stop the server first, or have it delete old calls by itself: set ORI_CALL_RETENTION_DAYS",
            told(error)
        ),
        _ => told(error),
    }
}

impl Age {
    fn before(&self, now: DateTime<Utc>) -> Result<DateTime<Utc>, &'static str> {
        let youngest = now - TimeDelta::days(1);
        match (self.older_than, self.before) {
            (Some(days), _) => Ok(now - TimeDelta::days(days.into())),
            (None, Some(time)) if time <= youngest => Ok(time),
            // So long repeating a request is promised to be safe.
            _ => Err("calls of the last 24 hours are not deleted"),
        }
    }
}

fn when(text: &str) -> Result<DateTime<Utc>, &'static str> {
    let start = format!("{text}T00:00:00Z");
    let read = text.parse().or_else(|_| start.parse());
    read.map(|Instant(time)| time)
        .map_err(|_| "give a day such as 2026-01-31, or a time such as 2026-01-31T09:00:00Z")
}
