//! The store on PostgreSQL: one database, any number of processes.
//!
//! Each change is a transaction at READ COMMITTED that first locks the rows it decides by, so that of two that meet on
//! a row, the second reads what the first committed. ARCHITECTURE.md has the argument. A read sees what was committed
//! when its statement began, and nothing is cached by which anything is decided, so that a read that starts after a
//! change was answered, on whichever process, sees that change.

mod accounts;
mod api_keys;
mod calls;
mod codec;
mod connect;
mod connection;
mod error;
mod import;
mod key_lookup_batcher;
#[cfg(feature = "cluster")]
pub mod pooler;
mod sessions;
mod statement;
mod sticky_connection;
#[cfg(feature = "cluster")]
pub mod test_cluster;
mod time_limit;
mod webhooks;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use ori_store::{Result, Store, Topology};
use sqlx::postgres::{PgArguments, PgConnection, PgPool};
use sqlx::query::Query;
use sqlx::{Connection as _, Postgres, Transaction};
use tokio::time::timeout;

pub use connect::PostgresOptions;
pub use import::Import;

use error::{commit_failed, corrupt, failed};
use statement::Statement as _;
use time_limit::InTime as _;

/// The store on a PostgreSQL database.
pub struct PostgresStore {
    pool: PgPool,
    admissions: calls::Admissions,
    key_lookups: key_lookup_batcher::KeyLookupBatcher,
    low_water: Arc<calls::LowWater>,
}

impl PostgresStore {
    /// Begins a transaction, which is rolled back if it is dropped without a commit.
    async fn begin(&self) -> Result<Transaction<'static, Postgres>> {
        let begun = self.pool.begin_with(BEGIN).in_time().await;
        begun.map_err(failed)
    }

    /// Begins a transaction that reads one snapshot throughout.
    async fn snapshot(&self) -> Result<Transaction<'static, Postgres>> {
        self.pool
            .begin_with("begin isolation level repeatable read read only")
            .in_time()
            .await
            .map_err(failed)
    }

    /// Runs a change of at most one row; says whether there was one.
    async fn changed(&self, change: Query<'_, Postgres, PgArguments>) -> Result<bool> {
        let mut transaction = self.begin().await?;
        let done = change.run(&mut *transaction).await?;
        commit(transaction).await?;
        match done {
            rows @ (0 | 1) => Ok(rows == 1),
            _ => Err(corrupt("one row was to change, and several did")),
        }
    }
}

/// Time limit for closing the pool's connections.
const CLOSE_LIMIT: Duration = Duration::from_secs(5);

const BEGIN: &str = "begin isolation level read committed";

/// Begins a transaction on the connection, which is rolled back if it is dropped without a commit.
async fn begin_on(connection: &mut PgConnection) -> Result<Transaction<'_, Postgres>> {
    connection.begin_with(BEGIN).in_time().await.map_err(failed)
}

/// Commits. When this returns `Ok`, the change is on the disk, and on that of the synchronous standby if there
/// is one.
///
/// The commit itself is under no statement timeout: if one ended the wait for the standby, the server would keep
/// the change on its own disk only and still report success.
///
/// # Errors
/// [`StoreError::Indeterminate`](ori_store::StoreError::Indeterminate) if the connection was lost before the reply.
async fn commit(mut transaction: Transaction<'_, Postgres>) -> Result<()> {
    sqlx::raw_sql("set local statement_timeout = 0")
        .execute(&mut *transaction)
        .in_time()
        .await
        .map_err(failed)?;
    transaction.commit().in_time().await.map_err(commit_failed)
}

#[async_trait]
impl Store for PostgresStore {
    async fn ping(&self) -> Result<()> {
        sqlx::query("select 1").run(&self.pool).await?;
        Ok(())
    }

    fn topology(self: Arc<Self>) -> Topology {
        Topology::Replicated(self)
    }

    async fn close(&self) {
        // A connection that does not answer is not waited for.
        if timeout(CLOSE_LIMIT, self.pool.close()).await.is_err() {
            tracing::warn!("not all connections to the database were closed");
        }
    }
}
