//! Opens, tests and replaces connections.

use std::time::Duration;

use ori_store::{Result, StoreError};
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPool, PgPoolOptions};
use sqlx::{ConnectOptions as _, Connection as _};
use tokio::time::timeout;

use crate::PostgresOptions;
use crate::error::failed;
use crate::time_limit::within;

/// Maximum wait of a request for a free connection, or for its turn on one.
pub(crate) const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);
/// Maximum wait for the reply to a ping.
const PING_LIMIT: Duration = Duration::from_secs(1);
/// Time limit for opening a replacement of a connection.
const REPLACEMENT_LIMIT: Duration = Duration::from_secs(2);
/// A connection that was used this recently is used again without a test: no server stops and is back within that time.
const TRUSTED_FOR: Duration = Duration::from_millis(100);
/// The server ends a transaction that is idle for this long, and so releases the locks of a process that was stopped or
/// cut off.
const IDLE_TRANSACTION_TIMEOUT: Duration = Duration::from_secs(10);

/// Opens connections whose settings do not depend on the defaults of the server, the database or the role.
#[derive(Clone)]
pub(crate) struct Connector {
    address: PgConnectOptions,
    statement_timeout: Duration,
    lock_timeout: Duration,
}

impl Connector {
    /// Reads the database's address.
    ///
    /// # Errors
    /// Returns an error if it is not one.
    pub(crate) fn new(options: &PostgresOptions) -> Result<Self> {
        let address = options.url.parse::<PgConnectOptions>();
        Ok(Self {
            address: address
                // Its message may repeat the address, and with it the password.
                .map_err(|_| StoreError::Fault("this is not an address of a PostgreSQL database".into()))?
                .application_name("ori")
                // PgBouncer refuses a connection with a startup parameter that it does not track.
                .extra_float_digits(None),
            statement_timeout: options.statement_timeout,
            lock_timeout: options.lock_timeout,
        })
    }

    /// Opens a connection apart from the pool, with the defaults of the database and the role.
    pub(crate) async fn connect_alone(&self) -> Result<PgConnection> {
        within(ACQUIRE_TIMEOUT, self.address.connect())
            .await
            .map_err(failed)
    }

    /// Opens a pool of at most that many connections.
    pub(crate) async fn pool(&self, connections: u32) -> Result<PgPool> {
        let (opening, releasing) = (self.clone(), self.clone());
        let pool = PgPoolOptions::new()
            .max_connections(connections)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .test_before_acquire(false)
            .before_acquire(|connection, used| {
                Box::pin(async move {
                    if used.idle_for > TRUSTED_FOR {
                        within(PING_LIMIT, connection.ping()).await?;
                    }
                    Ok(true)
                })
            })
            .after_connect(move |connection, _| {
                let opening = opening.clone();
                Box::pin(async move { opening.set_up(connection).await })
            })
            .after_release(move |connection, _| {
                let releasing = releasing.clone();
                Box::pin(async move { releasing.recover(connection).await.map(|()| true) })
            });
        pool.connect_with(self.address.clone()).await.map_err(failed)
    }

    async fn connect(&self) -> sqlx::Result<PgConnection> {
        let mut connection = self.address.connect().await?;
        self.set_up(&mut connection).await?;
        Ok(connection)
    }

    /// Sets what the promises of this crate depend on, and fails on a standby, which may not have what was
    /// acknowledged.
    ///
    /// `synchronous_commit` may be stronger than `on`, not weaker: a commit that is acknowledged is on the disk, and on
    /// that of the synchronous standby if there is one.
    async fn set_up(&self, connection: &mut PgConnection) -> sqlx::Result<()> {
        let is_standby: bool = sqlx::query_scalar(
            "select pg_is_in_recovery() from (select
                set_config('statement_timeout', $1, false),
                set_config('lock_timeout', $2, false),
                set_config('idle_in_transaction_session_timeout', $3, false),
                set_config('default_transaction_isolation', 'read committed', false),
                set_config('synchronous_commit',
                           case current_setting('synchronous_commit') when 'remote_apply' then 'remote_apply' else 'on' end,
                           false)
             offset 0) as settings where settings is not null",
        )
        .bind(milliseconds(self.statement_timeout))
        .bind(milliseconds(self.lock_timeout))
        .bind(milliseconds(IDLE_TRANSACTION_TIMEOUT))
        .fetch_one(connection)
        .await?;
        if is_standby {
            return Err(sqlx::Error::Protocol("this server is a standby".into()));
        }
        Ok(())
    }

    /// Makes a connection that was released fit for its next use.
    ///
    /// If it does not answer, a new connection takes its place: sqlx would wait for the answer without end, and its
    /// place in the pool would be lost. A commit that waits for a synchronous standby does not answer either. Its
    /// connection keeps its place, because the server does not stop waiting when a connection is closed: replacements
    /// would pile up there.
    ///
    /// # Errors
    /// Returns an error if the connection is broken.
    pub(crate) async fn recover(&self, connection: &mut PgConnection) -> sqlx::Result<()> {
        loop {
            if let Ok(answered) = timeout(PING_LIMIT, connection.ping()).await {
                return answered;
            }
            // Without a new connection there is nothing to return to the pool, and the next turn tries again.
            if let Ok(Some(replacement)) = within(REPLACEMENT_LIMIT, self.replacement()).await {
                tracing::warn!("replaced a database connection that does not answer");
                *connection = replacement;
                return Ok(());
            }
        }
    }

    /// Opens a connection, unless a commit is waiting for a standby.
    async fn replacement(&self) -> sqlx::Result<Option<PgConnection>> {
        let mut connection = self.connect().await?;
        let waits: bool = sqlx::query_scalar(
            "select exists (select from pg_stat_activity
                            where wait_event = 'SyncRep' and usename = current_user and datname = current_database())",
        )
        .fetch_one(&mut connection)
        .await?;
        Ok((!waits).then_some(connection))
    }
}

fn milliseconds(limit: Duration) -> String {
    limit.as_millis().to_string()
}
