//! The only file that names an engine.

use std::sync::Arc;

use ori_store::{Store, StoreError};
use ori_store_postgres::{PostgresOptions, PostgresStore};
use ori_store_sqlite::SqliteStore;

use crate::config::{Database, Postgres};

/// Opens the database.
///
/// # Errors
/// Returns an error if it cannot be reached or lacks a required guarantee.
pub async fn open(database: &Database) -> Result<Arc<dyn Store>, StoreError> {
    Ok(match database {
        Database::Sqlite(file) => Arc::new(SqliteStore::open(file).await?),
        Database::Postgres(postgres) => Arc::new(PostgresStore::open(&options(postgres)).await?),
    })
}

/// Migrates the database.
///
/// # Errors
/// Returns an error if it cannot be reached or a migration fails, which then has no effect.
pub async fn migrate(database: &Database) -> Result<(), StoreError> {
    let mut database = database.clone();
    if let Database::Postgres(postgres) = &mut database {
        postgres.migrate = true;
    }
    open(&database).await?.close().await;
    Ok(())
}

/// Copies everything from a SQLite file into an empty PostgreSQL database: all of it, or nothing. Returns the number of rows
/// of each table.
///
/// # Errors
/// Returns an error if one of the two has the wrong engine, or a row cannot be read or stored.
pub async fn import(from: &Database, to: &Database) -> Result<Vec<(&'static str, u64)>, StoreError> {
    let (Database::Sqlite(from), Database::Postgres(to)) = (from, to) else {
        return Err(StoreError::Fault(
            "only a SQLite file can be carried, and only into a PostgreSQL database".into(),
        ));
    };
    if !from.is_file() {
        return Err(StoreError::Fault("there is no such SQLite file".into()));
    }
    let source = SqliteStore::open(from).await?;
    let target = PostgresStore::open(&options(to)).await?;
    let mut import = target.import().await?;
    let counts = source.export(&mut import).await?;
    import.finish(&counts).await?;
    source.close().await;
    target.close().await;
    Ok(counts
        .into_iter()
        .map(|(table, count)| (table.name, count))
        .collect())
}

fn options(postgres: &Postgres) -> PostgresOptions {
    PostgresOptions {
        url: postgres.url.to_string(),
        connections: postgres.connections,
        statement_timeout: postgres.statement_timeout,
        lock_timeout: postgres.lock_timeout,
        migrate: postgres.migrate,
    }
}
