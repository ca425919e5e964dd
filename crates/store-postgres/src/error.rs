//! Maps PostgreSQL's errors to those of the store.

use ori_store::{DiskFull, StoreError};
use sqlx::postgres::{PgDatabaseError, PgSeverity};

/// Whether the same step may succeed later. 53100 is `disk_full`.
pub(crate) fn failed(error: sqlx::Error) -> StoreError {
    if let sqlx::Error::Database(cause) = &error
        && cause.code().is_some_and(|code| code == "53100")
    {
        return StoreError::Unavailable(DiskFull.into());
    }
    let passes = match &error {
        sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        // What answers does not speak PostgreSQL's protocol: a proxy that has no server, for one.
        | sqlx::Error::Protocol(_)
        | sqlx::Error::WorkerCrashed => true,
        sqlx::Error::Database(cause) => cause.code().is_some_and(|code| is_of_the_moment(&code)),
        _ => false,
    };
    if passes {
        StoreError::Unavailable(error.into())
    } else {
        StoreError::Fault(error.into())
    }
}

/// Classifies the failure of a statement that commits: a `COMMIT`, or a statement outside of a transaction.
///
/// An error that the server reports for the statement itself means that nothing was committed. If the connection ends
/// instead, the change may have been made. A `FATAL` or `PANIC` report, from the server or from a pooler, is the end of
/// a connection; 40003 is `statement_completion_unknown`.
pub(crate) fn commit_failed(error: sqlx::Error) -> StoreError {
    let is_in_doubt = match &error {
        sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::Protocol(_) | sqlx::Error::WorkerCrashed => {
            true
        }
        sqlx::Error::Database(cause) => {
            let severity = cause
                .try_downcast_ref::<PgDatabaseError>()
                .map(PgDatabaseError::severity);
            let ends_connection = matches!(severity, Some(PgSeverity::Fatal | PgSeverity::Panic));
            ends_connection || cause.code().is_some_and(|code| code == "40003")
        }
        _ => false,
    };
    if is_in_doubt {
        StoreError::Indeterminate(error.into())
    } else {
        failed(error)
    }
}

/// By PostgreSQL's appendix A: what the connection, the role's password, another transaction, the machine or an operator
/// is the cause of. A server that only reads (25006) is a standby that is being promoted, or a primary that was replaced. An
/// error without a code comes from a proxy.
fn is_of_the_moment(code: &str) -> bool {
    matches!(
        code.get(..2),
        Some("08" | "28" | "3D" | "40" | "53" | "57" | "58")
    ) || matches!(code, "" | "25006" | "55P03")
}

/// Error of a value that no version of the server stores.
pub(crate) fn corrupt(what: &'static str) -> StoreError {
    StoreError::Fault(what.into())
}
