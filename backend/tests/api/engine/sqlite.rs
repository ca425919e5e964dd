//! Each server's database is a SQLite file of its own.

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
}
