//! Maps SQLite's errors to those of the store.

use ori_store::{DiskFull, StoreError};

/// Maps an error of a read.
pub(crate) fn read_failed(error: sqlx::Error) -> StoreError {
    let is_transient = match &error {
        sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed
        | sqlx::Error::Io(_) => true,
        sqlx::Error::Database(cause) => {
            let code = cause.code().and_then(|code| code.parse().ok());
            code.is_some_and(is_transient)
        }
        _ => false,
    };
    if is_transient {
        StoreError::Unavailable(error.into())
    } else {
        StoreError::Fault(error.into())
    }
}

/// Maps an error of a statement that is not a commit.
pub(crate) fn write_failed(error: rusqlite::Error) -> StoreError {
    match error.sqlite_error() {
        Some(cause) if cause.extended_code == SQLITE_FULL => StoreError::Unavailable(DiskFull.into()),
        Some(cause) if is_transient(cause.extended_code) => StoreError::Unavailable(error.into()),
        _ => StoreError::Fault(error.into()),
    }
}

const SQLITE_FULL: i32 = 13;

/// Maps an error of a commit. SQLite has rolled the transaction back. If only the flush failed, the transaction is in the
/// write-ahead log, and a crash before the next commit overwrites it would bring it back.
pub(crate) fn commit_failed(error: rusqlite::Error) -> StoreError {
    match error.sqlite_error() {
        Some(cause) if is_failed_flush(cause.extended_code) => StoreError::Indeterminate(error.into()),
        _ => write_failed(error),
    }
}

/// Returns whether the same statement may succeed later: `SQLITE_BUSY`, `SQLITE_LOCKED`, `SQLITE_IOERR`, `SQLITE_FULL`,
/// `SQLITE_CANTOPEN` and their extended codes.
fn is_transient(extended_code: i32) -> bool {
    matches!(extended_code & 0xff, 5 | 6 | 10 | 13 | 14)
}

/// `SQLITE_IOERR_FSYNC` and `SQLITE_IOERR_DIR_FSYNC`.
fn is_failed_flush(extended_code: i32) -> bool {
    matches!(extended_code, 1034 | 1290)
}

/// A row holds what no version of this program writes.
pub(crate) fn corrupt(what: &'static str) -> StoreError {
    StoreError::Fault(what.into())
}

#[cfg(test)]
mod tests {
    use rusqlite::ffi::Error as Code;

    use super::*;

    #[test]
    fn only_a_failed_flush_of_a_commit_is_indeterminate() {
        let error = |code| rusqlite::Error::SqliteFailure(Code::new(code), None);
        for (code, is_transient, is_indeterminate) in [
            (5, true, false),
            (13, true, false),
            (778, true, false),
            (1034, true, true),
            (1290, true, true),
            (11, false, false),
            (1555, false, false),
        ] {
            let written = write_failed(error(code));
            assert_eq!(
                matches!(written, StoreError::Unavailable(_)),
                is_transient,
                "{code}"
            );
            let committed = commit_failed(error(code));
            assert_eq!(
                matches!(committed, StoreError::Indeterminate(_)),
                is_indeterminate,
                "{code}"
            );
        }
    }
}
