//! The store on SQLite: one file, one writer, many readers.
//!
//! One thread makes all changes (`writer`), in transactions that hold the database's write lock from their first
//! statement (`BEGIN IMMEDIATE`). With `synchronous = FULL`, an answered change is on the disk. A reader sees the last
//! commit before its statement began (write-ahead log), so a read that starts after a change was answered sees that
//! change. All keys are also cached in memory (`api_keys`), so only one process may open the file.

mod accounts;
mod api_keys;
mod calls;
mod codec;
mod error;
mod export;
mod process_lock;
mod sessions;
mod stale_wal;
mod transaction;
mod wal_checkpoint;
mod webhooks;
mod writer;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use ori_store::{Result, Store, StoreError, Topology};
use rusqlite::Params;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions};
use sqlx::{ConnectOptions as _, Connection as _};

use api_keys::KeyCache;
use error::read_failed;
use process_lock::ProcessLock;
use transaction::Transaction;
use wal_checkpoint::{CommitCounter, WalCheckpointer};
use writer::Writer;

/// The store on a SQLite file.
pub struct SqliteStore {
    writer: Writer,
    readers: SqlitePool,
    keys: Arc<KeyCache>,
    checkpoints: WalCheckpointer,
    lock: Option<ProcessLock>,
}

impl SqliteStore {
    /// Opens the file, creates it with its folder if it is missing, and brings its tables up to date.
    ///
    /// # Errors
    /// When the folder cannot be made, another process has the file, or it is not a database of ours, is newer than this
    /// program, or has the write-ahead log of another state beside it.
    pub async fn open(file: &Path) -> Result<Self> {
        if let Some(folder) = file.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder).map_err(|error| StoreError::Unavailable(error.into()))?;
        }
        let lock = ProcessLock::take(file)?;
        stale_wal::check(file)?;
        let store = Self::open_with(file, Some(lock)).await?;
        stale_wal::mark(file)?;
        Ok(store)
    }

    /// Opens the file beside the process that has it, to change what that process does not hold in memory: not the keys
    /// and not the queue. For tests of states that no request leads to.
    ///
    /// # Errors
    /// Same as [`Self::open`].
    #[cfg(feature = "testing")]
    pub async fn open_beside(file: &Path) -> Result<Self> {
        Self::open_with(file, None).await
    }

    /// Keeps the writer waiting until the returned guard is dropped. For tests of what is handed in meanwhile.
    ///
    /// # Errors
    /// Returns an error if the store is closed.
    #[cfg(feature = "testing")]
    pub async fn hold(&self) -> Result<impl Sized + use<>> {
        let (hold, held) = std::sync::mpsc::channel::<()>();
        let (begin, begun) = tokio::sync::oneshot::channel::<()>();
        let mut begin = Some(begin);
        let _outcome = self.writer.hand_in(move |_| {
            drop(begin.take());
            // Until the guard is dropped.
            let _ = held.recv();
            Ok(())
        })?;
        // Its sender is dropped.
        drop(begun.await);
        Ok(hold)
    }

    /// Makes the writer panic. For tests of what comes after.
    ///
    /// # Errors
    /// Always.
    #[cfg(feature = "testing")]
    pub async fn panic_in_writer(&self) -> Result<()> {
        self.writer.write(|_| -> Result<()> { panic!("a test") }).await
    }

    async fn open_with(file: &Path, lock: Option<ProcessLock>) -> Result<Self> {
        let options = SqliteConnectOptions::new()
            .filename(file)
            .journal_mode(SqliteJournalMode::Wal)
            .busy_timeout(BUSY_TIMEOUT);
        let options = PRAGMAS
            .into_iter()
            .fold(options, |options, (name, value)| options.pragma(name, value));
        restrict_to_owner(file)?;
        let mut migrating = options.connect().await.map_err(read_failed)?;
        sqlx::migrate!("../../migrations/sqlite")
            .run(&mut migrating)
            .await
            .map_err(|error| StoreError::Fault(error.into()))?;
        let (keys, commits) = (Arc::new(KeyCache::default()), CommitCounter::default());
        let writer = Writer::start(file.to_owned(), keys.clone(), commits.clone())?;
        let checkpoints = WalCheckpointer::start(pool(1).connect_lazy_with(options.clone()), commits);
        let readers = pool(READERS).connect_with(options.read_only(true)).await;
        let readers = readers.map_err(read_failed)?;
        // Not before: the last connection that is closed deletes the write-ahead log, and there must be space for a new one.
        migrating.close().await.map_err(read_failed)?;
        api_keys::fill(&writer, keys.clone()).await?;
        Ok(Self {
            writer,
            readers,
            keys,
            checkpoints,
            lock,
        })
    }

    /// Makes a change: see [`Writer::write`].
    pub(crate) async fn write<T, F>(&self, change: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnMut(&mut Transaction<'_>) -> Result<T> + Send + 'static,
    {
        self.writer.write(change).await
    }

    /// Executes a statement that changes at most one row, and returns whether it did.
    async fn execute_one(
        &self,
        statement: &'static str,
        values: impl Params + Clone + Send + 'static,
    ) -> Result<bool> {
        let execute =
            move |transaction: &mut Transaction<'_>| transaction.execute_one(statement, values.clone());
        self.writer.write(execute).await
    }
}

#[async_trait]
impl Store for SqliteStore {
    async fn ping(&self) -> Result<()> {
        let read = sqlx::query("select 1").execute(&self.readers).await;
        read.map_err(read_failed)?;
        self.writer.ping().await
    }

    fn topology(self: Arc<Self>) -> Topology {
        Topology::SingleProcess(self)
    }

    async fn close(&self) {
        self.checkpoints.close().await;
        self.readers.close().await;
        self.writer.close().await;
        if let Some(lock) = &self.lock {
            lock.release();
        }
    }
}

/// Set on every connection.
const PRAGMAS: [(&str, &str); 5] = [
    ("synchronous", "full"),
    ("foreign_keys", "on"),
    // The undo log of a statement for many rows: not in a file made for each.
    ("temp_store", "memory"),
    ("ignore_check_constraints", UNCHECKED),
    ("wal_autocheckpoint", wal_checkpoint::MAX_LOG_PAGES),
];
/// The tables' checks guard against other programs: this one writes the right types, and tests, which are built with
/// assertions, check that. Checking takes a quarter of the time to record a call.
const UNCHECKED: &str = if cfg!(debug_assertions) { "off" } else { "on" };
/// Maximum wait of a statement for another process that locks the file, e.g. a backup.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// Maximum wait of a read for a free connection.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);
const READERS: u32 = 4;

fn pool(connections: u32) -> SqlitePoolOptions {
    SqlitePoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
        // If a read fails, SQLite itself may have ended the transaction. sqlx's rollback then fails, and it would take the
        // transaction for open for ever: what begins within it would read the same snapshot from then on.
        .before_acquire(|connection, _| Box::pin(async { Ok(!connection.is_in_transaction()) }))
}

/// The file holds password hashes and people's phone numbers: only its owner reads it. SQLite gives the files beside it
/// the same permissions.
#[cfg(unix)]
fn restrict_to_owner(file: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o600))
        .map_err(|error| StoreError::Unavailable(error.into()))
}

#[cfg(not(unix))]
fn restrict_to_owner(_file: &Path) -> Result<()> {
    Ok(())
}
