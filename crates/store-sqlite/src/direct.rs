//! SQLite on the thread of whoever asks it. A connection of sqlx has a thread of its own, and the way there and back
//! costs more than most statements do: too much for what is asked for each call.

use std::collections::BTreeSet;
use std::path::Path;

use ori_store::{Result, StoreError};
use rusqlite::{
    Connection, OpenFlags, OptionalExtension as _, Params, Row, Transaction, TransactionBehavior,
};
use uuid::Uuid;

use crate::convert::unavailable;
use crate::{BUSY_TIMEOUT, PRAGMAS};

/// Opens the file, which there must be.
pub(crate) fn open(file: &Path) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(file, flags).map_err(failed)?;
    connection.busy_timeout(BUSY_TIMEOUT).map_err(failed)?;
    for (name, value) in PRAGMAS {
        connection.pragma_update(None, name, value).map_err(failed)?;
    }
    Ok(connection)
}

/// Begins a write transaction. It is rolled back where it is dropped without a commit.
pub(crate) fn begin(connection: &mut Connection) -> Result<Transaction<'_>> {
    connection
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(failed)
}

/// Executes a statement, which is kept prepared; says how many rows it changed.
pub(crate) fn execute(transaction: &Transaction<'_>, statement: &str, values: impl Params) -> Result<usize> {
    let mut statement = transaction.prepare_cached(statement).map_err(failed)?;
    statement.execute(values).map_err(failed)
}

/// What the one row holds that a statement finds, if there is one.
pub(crate) fn find_one<T>(
    transaction: &Transaction<'_>,
    statement: &str,
    values: impl Params,
    read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
) -> Result<Option<T>> {
    let mut statement = transaction.prepare_cached(statement).map_err(failed)?;
    statement.query_row(values, read).optional().map_err(failed)
}

/// The ids that a statement finds.
pub(crate) fn find_ids(
    transaction: &Transaction<'_>,
    statement: &str,
    values: impl Params,
) -> Result<BTreeSet<Uuid>> {
    let mut statement = transaction.prepare_cached(statement).map_err(failed)?;
    let ids = statement.query_map(values, |row| row.get(0)).map_err(failed)?;
    ids.collect::<rusqlite::Result<_>>().map_err(failed)
}

/// Whether the same step may succeed later.
pub(crate) fn failed(error: rusqlite::Error) -> StoreError {
    match error.sqlite_error() {
        Some(cause) if unavailable(cause.extended_code) => StoreError::Unavailable(error.into()),
        _ => StoreError::Fault(error.into()),
    }
}
