//! A connection that is kept from one use to the next: each way through the pool costs a round trip.

use std::time::Duration;

use ori_store::Result;
use sqlx::Postgres;
use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgConnection, PgPool};
use tokio::time::Instant;

use crate::error::failed;
use crate::time_limit::InTime as _;

/// Connection for the next request.
pub(crate) struct StickyConnection {
    connection: PoolConnection<Postgres>,
    since: Instant,
}

/// Maximum time of keeping it unused.
pub(crate) const UNUSED_FOR: Duration = Duration::from_millis(5);
/// Maximum time of keeping it, so that other users of the pool have their turn.
const KEPT_FOR: Duration = Duration::from_millis(100);

impl StickyConnection {
    /// Returns the kept connection if it may be kept longer, or one of the pool.
    pub(crate) async fn of(kept: Option<Self>, pool: &PgPool) -> Result<Self> {
        match kept {
            Some(kept) if kept.since.elapsed() < KEPT_FOR => return Ok(kept),
            // The pool's again, before another is waited for.
            kept => drop(kept),
        }
        Ok(Self {
            connection: pool.acquire().in_time().await.map_err(failed)?,
            since: Instant::now(),
        })
    }

    /// Returns the connection.
    pub(crate) fn connection(&mut self) -> &mut PgConnection {
        &mut self.connection
    }
}
