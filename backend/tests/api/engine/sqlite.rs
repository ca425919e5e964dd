//! Each server's database is a SQLite file of its own.

use std::sync::Arc;

use ori_store::Store;
use ori_store_sqlite::SqliteStore;
use tempfile::TempDir;

/// An empty database.
pub(crate) struct Engine(TempDir);

impl Engine {
    pub(crate) async fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn url(&self) -> String {
        format!("sqlite://{}", self.0.path().join("ori.sqlite3").display())
    }

    /// Another way to what is kept there.
    pub(crate) async fn open(&self) -> Arc<dyn Store> {
        Arc::new(
            SqliteStore::open(&self.0.path().join("ori.sqlite3"))
                .await
                .unwrap(),
        )
    }
}
