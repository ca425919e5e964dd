use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use url::Url;

use super::sections::number;
use super::{Faults, Options};

/// The database.
#[derive(Clone, Debug)]
pub enum Database {
    /// A SQLite file.
    Sqlite(PathBuf),
    /// A PostgreSQL server, which any number of processes may share.
    Postgres(Postgres),
}

/// Connection to the PostgreSQL server.
#[derive(Clone)]
pub struct Postgres {
    /// Its address. Secret.
    pub url: Url,
    /// Maximum number of connections of this process.
    pub connections: u32,
    /// A statement that takes longer is ended.
    pub statement_timeout: Duration,
    /// A statement that waits longer for a lock is ended.
    pub lock_timeout: Duration,
    /// Whether the tables are brought up to date at the start.
    pub migrate: bool,
}

impl Database {
    pub(super) fn check(options: &Options) -> Result<Self, Faults> {
        let url = options
            .database_url
            .as_deref()
            .unwrap_or("sqlite://data/ori.sqlite3");
        Self::at(url, "ORI_DATABASE_URL", options)
    }

    /// The database of that address, which the option of that name gives.
    pub(crate) fn at(url: &str, option: &str, options: &Options) -> Result<Self, Faults> {
        match url.split_once(':') {
            Some(("sqlite", file)) => sqlite(file),
            Some(("postgres" | "postgresql", rest)) if is_ambiguous(rest) => {
                return Err(Faults::one(
                    option,
                    "percent-encode reserved characters in the user's name and the password: # as %23, / as %2F, ? as \
                     %3F, @ as %40",
                ));
            }
            Some(("postgres" | "postgresql", _)) => Postgres::check(url, options)?.map(Self::Postgres),
            _ => None,
        }
        .ok_or_else(|| {
            Faults::one(
                option,
                "give a file, such as sqlite://data/ori.sqlite3, or a server, such as postgres://user@host/database",
            )
        })
    }
}

fn sqlite(file: &str) -> Option<Database> {
    let file = file.strip_prefix("//").unwrap_or(file);
    let is_file = !file.is_empty() && file != ":memory:" && !file.contains('?');
    is_file.then(|| Database::Sqlite(file.into()))
}

/// Whether a reserved character ends the authority of the address before the password ends, so that a part of the
/// password would be read as a host's port, a database or a fragment.
fn is_ambiguous(rest: &str) -> bool {
    let authority = rest.trim_start_matches('/');
    let behind = authority
        .find(['/', '?', '#'])
        .map_or("", |end| &authority[end..]);
    behind.contains(['@', '#'])
}

impl Postgres {
    fn check(url: &str, options: &Options) -> Result<Option<Self>, Faults> {
        let mut faults = Faults::default();
        let mut number = |given, option, bounds, otherwise| {
            let number = faults.collect(number(given, option, bounds)).flatten();
            number.unwrap_or(otherwise)
        };
        let connections = number(
            &options.database_connections,
            "ORI_DATABASE_CONNECTIONS",
            2..=1000,
            10,
        );
        let statement = number(
            &options.database_statement_seconds,
            "ORI_DATABASE_STATEMENT_SECONDS",
            1..=4,
            4,
        );
        let lock = number(
            &options.database_lock_seconds,
            "ORI_DATABASE_LOCK_SECONDS",
            1..=4,
            3,
        );
        let migrate = match options.migrate.as_deref() {
            None | Some("yes") => true,
            Some("no") => false,
            Some(_) => {
                faults.0.push("ORI_MIGRATE: give yes or no".to_owned());
                false
            }
        };
        if !faults.0.is_empty() {
            return Err(faults);
        }
        Ok(Url::parse(url).ok().map(|url| Self {
            url,
            connections,
            statement_timeout: Duration::from_secs(statement.into()),
            lock_timeout: Duration::from_secs(lock.into()),
            migrate,
        }))
    }
}

impl fmt::Debug for Postgres {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Postgres")
            .field("host", &self.url.host_str())
            .field("connections", &self.connections)
            .finish_non_exhaustive()
    }
}
