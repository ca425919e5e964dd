//! Refuses a write-ahead log that does not belong to the database file beside it.
//!
//! SQLite replays every log whose checksums are right. A process that was killed leaves its log behind. If a backup is then
//! copied over the database file, SQLite replays the log over the backup: the result is the state before the restoration, or
//! a mixture of both.
//!
//! The sign is in the file's header (<https://sqlite.org/fileformat.html>): each start sets the user version at random, and
//! SQLite changes the schema cookie of each copy that it makes (`.backup`, `vacuum into`). Both are stored in a file beside
//! the database, as soon as the log is empty. They change only there, so that a log that a crash left belongs to a file that
//! has them. A copy from an earlier run differs in the user version, a copy from the same run in the cookie.

use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use ori_store::{Result, StoreError};
use rusqlite::Connection;

/// Identity of a state of a database file: its schema cookie and its user version.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Mark {
    schema: i32,
    run: i32,
}

impl Mark {
    /// Reads the mark from the file itself, without what is in the log; `None` if the file has no header yet.
    fn of_file(database: &Path) -> io::Result<Option<Self>> {
        let mut header = [0; 100];
        match File::open(database)?.read_exact(&mut header) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
            Err(error) => return Err(error),
        }
        let number =
            |at: usize| i32::from_be_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]]);
        Ok(Some(Self {
            schema: number(40),
            run: number(60),
        }))
    }

    /// Reads the mark that the last start stored; `None` if it stored none, or did not get so far.
    fn stored(beside: &Path) -> io::Result<Option<Self>> {
        let text = match std::fs::read_to_string(beside) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let mut numbers = text.split_whitespace().map(str::parse);
        Ok(match (numbers.next(), numbers.next()) {
            (Some(Ok(schema)), Some(Ok(run))) => Some(Self { schema, run }),
            _ => None,
        })
    }
}

/// Fails if the log beside the file is of another state of it. Until [`mark`] has succeeded, nothing is known of the file:
/// what happens in between is a start, whose migrations change the cookie.
///
/// Must be called before this process opens the database, because closing the file would release SQLite's locks.
pub(crate) fn check(database: &Path) -> Result<()> {
    let unavailable = |error: io::Error| StoreError::Unavailable(error.into());
    let database = database.canonicalize().map_err(unavailable)?;
    let log = beside(&database, "-wal");
    let stored = Mark::stored(&mark_file(&database)).map_err(unavailable)?;
    let has_log = std::fs::metadata(&log).is_ok_and(|log| log.len() > 0);
    if has_log
        && let Some(stored) = stored
        && Mark::of_file(&database).map_err(unavailable)? != Some(stored)
    {
        return Err(StoreError::Fault(refusal(&database).into()));
    }
    match std::fs::remove_file(mark_file(&database)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(unavailable(error)),
        _ => Ok(()),
    }
}

/// Marks the file, after its tables were brought up to date. A process that keeps the log from being emptied leaves the file
/// without a mark.
pub(crate) fn mark(database: &Path) -> Result<()> {
    let connection = crate::transaction::open(database)?;
    let Some(mark) = set(&connection).map_err(crate::error::write_failed)? else {
        return Ok(());
    };
    let unavailable = |error: io::Error| StoreError::Unavailable(error.into());
    let database = database.canonicalize().map_err(unavailable)?;
    let path = mark_file(&database);
    let mut file = File::create(&path).map_err(unavailable)?;
    crate::restrict_to_owner(&path)?;
    writeln!(file, "{} {}", mark.schema, mark.run).map_err(unavailable)?;
    file.sync_all().map_err(unavailable)
}

/// Returns the file's new mark; `None` if it is not known to be in the file itself.
fn set(connection: &Connection) -> rusqlite::Result<Option<Mark>> {
    let run: i32 = connection.query_row("select abs(random() % 2147483647)", [], |row| row.get(0))?;
    connection.pragma_update(None, "user_version", run)?;
    let is_busy: bool = connection.query_row("pragma wal_checkpoint(truncate)", [], |row| row.get(0))?;
    let schema = connection.query_row("pragma schema_version", [], |row| row.get(0))?;
    Ok((!is_busy).then_some(Mark { schema, run }))
}

fn mark_file(database: &Path) -> PathBuf {
    beside(database, ".run")
}

fn beside(database: &Path, suffix: &str) -> PathBuf {
    let mut path = database.as_os_str().to_owned();
    path.push(suffix);
    path.into()
}

fn refusal(database: &Path) -> String {
    let (file, log) = (database.display(), beside(database, "-wal"));
    format!(
        "{log} is the write-ahead log of another state of {file}, as after a backup was copied over it: to start from {file} as it \
         is, delete {log} and {shm}; if the log was restored together with it, delete {mark}",
        log = log.display(),
        shm = beside(database, "-shm").display(),
        mark = mark_file(database).display(),
    )
}
