//! Connects to the database and checks it.

use std::sync::Arc;
use std::time::Duration;

use ori_store::{Result, StoreError};
use sqlx::migrate::{Migrate as _, MigrateError, Migrator};
use sqlx::postgres::PgConnection;
use sqlx::{Connection as _, Row as _};

use crate::PostgresStore;
use crate::calls::{Admissions, LowWater};
use crate::connection::Connector;
use crate::error::failed;
use crate::key_lookup_batcher::KeyLookupBatcher;
use crate::time_limit::InTime as _;

/// Options of the connection.
#[derive(Clone)]
pub struct PostgresOptions {
    /// `postgres://user:password@host:port/database`, with `sslmode` and the like as parameters. Secret.
    pub url: String,
    /// Maximum number of connections of this process.
    pub connections: u32,
    /// The server ends a statement that takes longer. After five seconds this side gives up waiting for it.
    pub statement_timeout: Duration,
    /// The server ends a statement that waits longer for a lock.
    pub lock_timeout: Duration,
    /// Whether connecting migrates the tables. Otherwise it fails if they are outdated, and needs no other privileges than
    /// reading and writing them.
    pub migrate: bool,
}

impl PostgresStore {
    /// Connects, and brings the tables up to date, one process at a time however many start at once.
    ///
    /// Tables that are newer are fine: while replicas are replaced one by one, old ones run beside new ones.
    ///
    /// # Errors
    /// Returns an error if the server cannot be reached or lacks a required guarantee.
    pub async fn open(options: &PostgresOptions) -> Result<Self> {
        let connector = Connector::new(options)?;
        let mut connection = connector.connect_alone().await?;
        check_server(&mut connection).await?;
        check_pooler(&mut connection, &connector).await?;
        bring_up_to_date(&mut connection, options.migrate).await?;
        connection.close().in_time().await.map_err(failed)?;
        let pool = connector.pool(options.connections).await?;
        let low_water = Arc::new(LowWater::default());
        Ok(Self {
            admissions: Admissions::new(&pool, low_water.clone()),
            low_water,
            key_lookups: KeyLookupBatcher::new(pool.clone()),
            pool,
        })
    }
}

/// The oldest version that the tests pass on is 15; 13 is the oldest that its makers know of.
const OLDEST_VERSION: i32 = 130_000;

async fn check_server(connection: &mut PgConnection) -> Result<()> {
    // Without a prepared statement, which a pooler may not know of the next time.
    let row = sqlx::raw_sql(
        "select current_setting('server_version_num')::int, current_setting('server_encoding'),
                current_setting('transaction_read_only') = 'on'",
    )
    .fetch_one(connection)
    .in_time()
    .await
    .map_err(failed)?;
    let fault = |what: &str| Err(StoreError::Fault(what.into()));
    if row.get::<i32, _>(0) < OLDEST_VERSION {
        return fault("the server is older than PostgreSQL 13");
    }
    if row.get::<&str, _>(1) != "UTF8" {
        return fault("the database's encoding is not UTF8");
    }
    if row.get::<bool, _>(2) {
        return Err(StoreError::Unavailable(
            "the server only reads: it is a standby".into(),
        ));
    }
    Ok(())
}

/// Fails if two connections share one of the server's: then settings and advisory locks of a session are not its own.
async fn check_pooler(connection: &mut PgConnection, connector: &Connector) -> Result<()> {
    let mut other = connector.connect_alone().await?;
    let is_shared = server_process(connection).await? == server_process(&mut other).await?;
    other.close().in_time().await.map_err(failed)?;
    if is_shared {
        return Err(StoreError::Fault(
            "a connection pooler in transaction mode is in front of the server: set its pool_mode to session"
                .into(),
        ));
    }
    Ok(())
}

async fn server_process(connection: &mut PgConnection) -> Result<i32> {
    let row = sqlx::raw_sql("select pg_backend_pid()")
        .fetch_one(connection)
        .in_time()
        .await
        .map_err(failed)?;
    Ok(row.get(0))
}

fn migrator() -> Migrator {
    let mut migrator = sqlx::migrate!("../../migrations/postgres");
    migrator.set_ignore_missing(true);
    migrator
}

async fn bring_up_to_date(connection: &mut PgConnection, migrate: bool) -> Result<()> {
    let migrator = migrator();
    if migrate {
        // The database or the role may have defaults that are meant for requests.
        let unlimited = sqlx::raw_sql("set statement_timeout = 0; set lock_timeout = 0");
        unlimited
            .execute(&mut *connection)
            .in_time()
            .await
            .map_err(failed)?;
        let done = migrator.run(connection).await;
        return done.map_err(|error| StoreError::Fault(error.into()));
    }
    let applied = match connection.list_applied_migrations(&migrator.table_name).await {
        Err(MigrateError::Execute(error)) if is_missing_table(&error) => Vec::new(),
        applied => applied.map_err(|error| StoreError::Fault(error.into()))?,
    };
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

/// `undefined_table` of PostgreSQL's appendix A.
fn is_missing_table(error: &sqlx::Error) -> bool {
    let code = error
        .as_database_error()
        .and_then(sqlx::error::DatabaseError::code);
    code.is_some_and(|code| code == "42P01")
}
