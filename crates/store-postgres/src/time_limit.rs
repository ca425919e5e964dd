//! Time limits on this side of the connection.
//!
//! The server ends a statement that takes too long, but only while it can be reached. When the network or the host is
//! gone, or a proxy holds the connection open, no byte arrives and sqlx waits without end.

use std::io;
use std::time::Duration;

use tokio::time::timeout;

/// Maximum wait for the reply to a statement, including the wait for a free connection. The server's own limits are
/// shorter, so that it ends a slow statement first.
const REPLY_LIMIT: Duration = Duration::from_secs(5);

/// The reply to a statement, waited for within [`REPLY_LIMIT`].
pub(crate) trait InTime<T>: Future<Output = sqlx::Result<T>> + Send + Sized {
    /// Returns the reply, or an I/O error of kind `TimedOut`, after which the pool
    /// [recovers](crate::connection::Connector::recover) the connection.
    fn in_time(self) -> impl Future<Output = sqlx::Result<T>> + Send {
        within(REPLY_LIMIT, self)
    }
}

impl<T, F: Future<Output = sqlx::Result<T>> + Send> InTime<T> for F {}

/// Returns the reply if it arrives within the limit, and an I/O error of kind `TimedOut` otherwise.
pub(crate) async fn within<T>(
    limit: Duration,
    reply: impl Future<Output = sqlx::Result<T>>,
) -> sqlx::Result<T> {
    timeout(limit, reply)
        .await
        .unwrap_or_else(|late| Err(io::Error::from(late).into()))
}
