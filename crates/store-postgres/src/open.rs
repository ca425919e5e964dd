//! From options to a store that is ready.

use std::str::FromStr as _;
use std::time::Duration;

use ori_store::{Result, StoreError};
use sqlx::migrate::{Migrate as _, Migrator};
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPoolOptions};
use sqlx::{ConnectOptions as _, Connection as _, Row as _};

use crate::PostgresStore;
use crate::calls::Acceptances;
use crate::convert::failed;
use crate::look_ups::LookUps;
use crate::working::Working;

/// How the database is reached and used.
#[derive(Clone)]
pub struct PostgresOptions {
    /// `postgres://user:password@host:port/database`, with `sslmode` and the like as parameters. Secret.
    pub url: String,
    /// How many connections this process holds at most.
    pub connections: u32,
    /// A statement that takes longer is ended by the server.
    pub statement_timeout: Duration,
    /// A statement that waits longer for a lock is ended by the server.
    pub lock_timeout: Duration,
    /// Whether opening brings the tables up to date; otherwise it fails where they are not.
    pub migrate: bool,
}

impl PostgresStore {
    /// Connects, and brings the tables up to date, one process at a time however many start at once.
    ///
    /// Tables that are newer are fine: while replicas are replaced one by one, old ones run beside new ones.
    ///
    /// # Errors
    /// When the server cannot be reached, or cannot keep what is promised.
    pub async fn open(options: &PostgresOptions) -> Result<Self> {
        let address = PgConnectOptions::from_str(&options.url)
            // Its own words may repeat the address, and with it the password.
            .map_err(|_| StoreError::Fault("this is not an address of a PostgreSQL database".into()))?
            .application_name("ori");
        // Apart from the pool: no timeout ends a migration half-way, or the wait for another process that migrates.
        let mut connection = address.connect().await.map_err(failed)?;
        check_server(&mut connection).await?;
        bring_up_to_date(&mut connection, options.migrate).await?;
        connection.close().await.map_err(failed)?;
        let pool = pool(options).connect_with(address).await.map_err(failed)?;
        Ok(Self {
            working: Working::default(),
            acceptances: Acceptances::new(&pool),
            look_ups: LookUps::new(pool.clone()),
            pool,
        })
    }
}

/// How long a request waits for a free connection, or for its turn on one.
pub(crate) const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a connection that was just used needs no test before it is used again. No server stops and is back within
/// that time.
const TRUSTED_FOR: Duration = Duration::from_millis(100);
/// How long the server lets a transaction lie idle, and hold locks, whose process was stopped or cut off.
const IDLE_TRANSACTION_TIMEOUT: Duration = Duration::from_secs(10);

/// The oldest version that the tests pass on is 15; 13 is the oldest that its makers know of.
const OLDEST_VERSION: i32 = 130_000;

async fn check_server(connection: &mut PgConnection) -> Result<()> {
    let row = sqlx::query(
        "select current_setting('server_version_num')::int, current_setting('server_encoding'),
                current_setting('synchronous_commit'), current_setting('transaction_read_only') = 'on'",
    )
    .fetch_one(connection)
    .await
    .map_err(failed)?;
    let fault = |what: &str| Err(StoreError::Fault(what.into()));
    if row.get::<i32, _>(0) < OLDEST_VERSION {
        return fault("the server is older than PostgreSQL 13");
    }
    if row.get::<&str, _>(1) != "UTF8" {
        return fault("the database's encoding is not UTF8");
    }
    if row.get::<&str, _>(2) == "off" {
        return fault("synchronous_commit is off, so that the server acknowledges what it may lose");
    }
    if row.get::<bool, _>(3) {
        return Err(StoreError::Unavailable(
            "the server only reads: it is a standby".into(),
        ));
    }
    Ok(())
}

fn migrator() -> Migrator {
    let mut migrator = sqlx::migrate!("../../migrations/postgres");
    migrator.set_ignore_missing(true);
    migrator
}

async fn bring_up_to_date(connection: &mut PgConnection, migrate: bool) -> Result<()> {
    let migrator = migrator();
    if migrate {
        let done = migrator.run(connection).await;
        return done.map_err(|error| StoreError::Fault(error.into()));
    }
    let fault = |error: sqlx::migrate::MigrateError| StoreError::Fault(error.into());
    connection
        .ensure_migrations_table(&migrator.table_name)
        .await
        .map_err(fault)?;
    let applied = connection
        .list_applied_migrations(&migrator.table_name)
        .await
        .map_err(fault)?;
    let missing = migrator
        .iter()
        .any(|ours| applied.iter().all(|theirs| theirs.version != ours.version));
    if missing {
        return Err(StoreError::Fault(
            "its tables are out of date: run `ori migrate`".into(),
        ));
    }
    Ok(())
}

fn pool(options: &PostgresOptions) -> PgPoolOptions {
    let settings = [
        ("statement_timeout", options.statement_timeout),
        ("lock_timeout", options.lock_timeout),
        ("idle_in_transaction_session_timeout", IDLE_TRANSACTION_TIMEOUT),
    ]
    .map(|(name, limit)| (name, limit.as_millis().to_string()));
    PgPoolOptions::new()
        .max_connections(options.connections)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .test_before_acquire(false)
        .before_acquire(|connection, used| {
            Box::pin(async move {
                if used.idle_for > TRUSTED_FOR {
                    connection.ping().await?;
                }
                Ok(true)
            })
        })
        .after_connect(move |connection, _| {
            let settings = settings.clone();
            Box::pin(async move {
                for (name, limit) in settings {
                    sqlx::query("select set_config($1, $2, false)")
                        .bind(name)
                        .bind(limit)
                        .execute(&mut *connection)
                        .await?;
                }
                // A standby may not know yet what was acknowledged: it is no place to ask whether a key works.
                let is_standby: bool = sqlx::query_scalar("select pg_is_in_recovery()")
                    .fetch_one(&mut *connection)
                    .await?;
                if is_standby {
                    return Err(sqlx::Error::Protocol("this server is a standby".into()));
                }
                Ok(())
            })
        })
}
