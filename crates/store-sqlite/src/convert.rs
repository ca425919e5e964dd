//! Between our types and SQLite's.

use chrono::{DateTime, Utc};
use ori_store::StoreError;
use sqlx::sqlite::SqliteRow;
use sqlx::{ColumnIndex, Decode, Row, Sqlite, Type};

/// Whether the same step may succeed later.
pub(crate) fn failed(error: sqlx::Error) -> StoreError {
    match &error {
        // Where SQLite's thread is gone, nobody knows whether the step was taken: it must not be tried again by itself.
        sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed
        | sqlx::Error::Io(_) => StoreError::Unavailable(error.into()),
        sqlx::Error::Database(cause)
            if cause
                .code()
                .and_then(|code| code.parse().ok())
                .is_some_and(unavailable) =>
        {
            StoreError::Unavailable(error.into())
        }
        _ => StoreError::Fault(error.into()),
    }
}

/// Whether SQLite says by that code that the same step may succeed later: SQLITE_BUSY, SQLITE_LOCKED, SQLITE_IOERR,
/// SQLITE_FULL, SQLITE_CANTOPEN and what extends them.
pub(crate) fn unavailable(code: i32) -> bool {
    matches!(code & 0xff, 5 | 6 | 10 | 13 | 14)
}

/// A column's value.
pub(crate) fn get<'r, T, I>(row: &'r SqliteRow, column: I) -> Result<T, StoreError>
where
    T: Decode<'r, Sqlite> + Type<Sqlite>,
    I: ColumnIndex<SqliteRow>,
{
    row.try_get(column).map_err(failed)
}

/// An instant, as microseconds since 1970.
pub(crate) fn micros(instant: DateTime<Utc>) -> i64 {
    instant.timestamp_micros()
}

/// The other way.
pub(crate) fn from_micros(micros: i64) -> Result<DateTime<Utc>, StoreError> {
    DateTime::from_timestamp_micros(micros).ok_or_else(|| corrupt("an instant is out of range"))
}

/// The instant that a column holds.
pub(crate) fn instant<I: ColumnIndex<SqliteRow>>(
    row: &SqliteRow,
    column: I,
) -> Result<DateTime<Utc>, StoreError> {
    from_micros(get(row, column)?)
}

/// The instant that a column holds, if any.
pub(crate) fn optional_instant<I: ColumnIndex<SqliteRow>>(
    row: &SqliteRow,
    column: I,
) -> Result<Option<DateTime<Utc>>, StoreError> {
    get::<Option<i64>, _>(row, column)?.map(from_micros).transpose()
}

/// What a row holds though no writer of ours puts it there.
pub(crate) fn corrupt(what: &'static str) -> StoreError {
    StoreError::Fault(what.into())
}
