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

#[cfg(test)]
mod tests {
    use super::*;

    fn opened() -> (tempfile::TempDir, Connection) {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        std::fs::File::create(&file).unwrap();
        (folder, open(&file).unwrap())
    }

    #[test]
    fn what_it_is_told_is_in_force() {
        let (_folder, connection) = opened();
        let told = |name: &str| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
        // 2 is `full`, and `memory`.
        let expected = [
            ("synchronous", 2),
            ("foreign_keys", 1),
            ("temp_store", 2),
            ("wal_autocheckpoint", 2048),
        ];
        for (name, value) in expected {
            assert_eq!(told(name), Ok(value), "{name}");
        }
    }

    #[test]
    fn what_is_begun_and_dropped_is_undone_at_once() {
        let (_folder, mut connection) = opened();
        connection.execute("create table rows (row integer)", []).unwrap();
        let transaction = begin(&mut connection).unwrap();
        execute(&transaction, "insert into rows values (?1)", [1]).unwrap();
        drop(transaction);
        let rows = |connection: &mut Connection| {
            let transaction = begin(connection).unwrap();
            find_one(&transaction, "select count(*) from rows", [], |row| {
                row.get::<_, i64>(0)
            })
            .unwrap()
        };
        assert_eq!(rows(&mut connection), Some(0));
        let transaction = begin(&mut connection).unwrap();
        execute(&transaction, "insert into rows values (?1)", [1]).unwrap();
        transaction.commit().unwrap();
        assert_eq!(rows(&mut connection), Some(1));
    }
}
