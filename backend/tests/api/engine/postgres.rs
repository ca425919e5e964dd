//! Each server's database is one of its own on a PostgreSQL server that all tests of this process share.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use ori_store::Store;
use ori_store_postgres::cluster::{Cluster, Durability};
use ori_store_postgres::{PostgresOptions, PostgresStore};

/// An empty database.
pub(crate) struct Engine(String);

impl Engine {
    pub(crate) async fn new() -> Self {
        static CLUSTER: OnceLock<Cluster> = OnceLock::new();
        let cluster = CLUSTER.get_or_init(|| Cluster::start(Durability::None));
        Self(cluster.database().await)
    }

    /// The database at that address.
    pub(crate) fn at(url: String) -> Self {
        Self(url)
    }

    pub(crate) fn url(&self) -> String {
        self.0.clone()
    }

    /// Another way to what is kept there.
    pub(crate) async fn open(&self) -> Arc<dyn Store> {
        let options = PostgresOptions {
            url: self.0.clone(),
            connections: 4,
            statement_timeout: Duration::from_secs(60),
            lock_timeout: Duration::from_secs(60),
            migrate: true,
        };
        Arc::new(PostgresStore::open(&options).await.unwrap())
    }
}
