//! The store on SQLite: one file, one writer, many readers.
//!
//! All changes go through whoever holds the writer, one at a time, each in a transaction that has the database's write
//! lock from its first statement (`begin immediate`). With `synchronous = full`, what has been answered is on the disk.
//! Readers see the last commit that was there when their statement began (write-ahead log), so a read that starts
//! after a change was answered sees that change. The keys are in memory besides (`key_index`), for which one process
//! alone may have the file.

mod accounts;
mod api_keys;
mod calls;
mod checkpoint;
mod convert;
mod direct;
mod export;
mod key_index;
mod key_list;
mod lock;
mod sessions;
mod sorted_keys;
mod stale_wal;
mod webhooks;
mod writer;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use ori_store::{Result, Store, StoreError, Topology};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePool, SqlitePoolOptions,
};
use sqlx::{ConnectOptions as _, Connection as _};

use checkpoint::{Checkpoints, Written};
use key_index::KeyIndex;
use lock::Lock;
use writer::{Held, Writer};

/// The store on a SQLite file.
pub struct SqliteStore {
    writer: Writer,
    readers: SqlitePool,
    keys: Arc<KeyIndex>,
    calls: calls::Group,
    checkpoints: Checkpoints,
    lock: Option<Lock>,
}

impl SqliteStore {
    /// Opens the file, which is created with its folder where there is none, and brings its tables up to date.
    ///
    /// # Errors
    /// When the folder cannot be made, another process has the file, or it is not a database of ours, is newer than this
    /// program, or has the write-ahead log of another state beside it.
    pub async fn open(file: &Path) -> Result<Self> {
        if let Some(folder) = file.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder).map_err(|error| StoreError::Unavailable(error.into()))?;
        }
        let lock = Lock::take(file)?;
        stale_wal::check(file)?;
        let store = Self::open_with(file, Some(lock)).await?;
        stale_wal::mark(file)?;
        // What the last process left for later.
        store.calls.catch_up().await?;
        Ok(store)
    }

    /// Opens the file beside the process that has it, to change what it does not hold in memory: not the keys. For
    /// tests that bring about what nobody can ask a server for.
    ///
    /// # Errors
    /// As [`Self::open`].
    #[cfg(feature = "testing")]
    pub async fn open_beside(file: &Path) -> Result<Self> {
        Self::open_with(file, None).await
    }

    /// Has whoever wants to write wait until what this returns is dropped. For tests of what comes meanwhile.
    ///
    /// # Errors
    /// When it takes too long until nobody else writes.
    #[cfg(feature = "testing")]
    pub async fn hold(&self) -> Result<impl Sized + use<>> {
        self.writer().await
    }

    /// Leaves the key of that digest in doubt, as a change does of which nobody learned what became. For tests of who
    /// meets it then.
    #[cfg(feature = "testing")]
    pub fn doubt(&self, digest: &ori_key::KeyDigest) {
        drop(self.keys.doubt(*digest));
    }

    async fn open_with(file: &Path, lock: Option<Lock>) -> Result<Self> {
        let options = SqliteConnectOptions::new()
            .filename(file)
            .journal_mode(SqliteJournalMode::Wal)
            .busy_timeout(BUSY_TIMEOUT);
        let options = PRAGMAS
            .into_iter()
            .fold(options, |options, (name, value)| options.pragma(name, value));
        restrict_to_owner(file)?;
        let writer = Writer::open(options.clone()).await?;
        sqlx::migrate!("../../migrations/sqlite")
            .run(&mut *writer.hold().await?)
            .await
            .map_err(|error| StoreError::Fault(error.into()))?;
        let written = Written::default();
        let checkpoints = Checkpoints::begin(pool(1).connect_lazy_with(options.clone()), written.clone());
        let readers = pool(READERS)
            .connect_with(options.clone().read_only(true))
            .await
            .map_err(convert::failed)?;
        let keys = Arc::new(KeyIndex::default());
        let filler = options.row_buffer_size(ROWS_AHEAD).connect().await;
        fill(&keys, filler.map_err(convert::failed)?).await?;
        Ok(Self {
            calls: calls::Group::new(writer.clone(), keys.clone(), written)?,
            checkpoints,
            keys,
            lock,
            writer,
            readers,
        })
    }

    /// The writer, for as long as it is held.
    async fn writer(&self) -> Result<Held> {
        self.writer.hold().await
    }
}

#[async_trait]
impl Store for SqliteStore {
    async fn ping(&self) -> Result<()> {
        sqlx::query("select 1")
            .execute(&self.readers)
            .await
            .map_err(convert::failed)?;
        Ok(())
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

/// What every connection is told.
const PRAGMAS: [(&str, &str); 5] = [
    ("synchronous", "full"),
    ("foreign_keys", "on"),
    // What a statement for many rows may have to undo is kept beside it: not in a file made for each.
    ("temp_store", "memory"),
    ("ignore_check_constraints", UNCHECKED),
    ("wal_autocheckpoint", checkpoint::LONGEST_LOG),
];
/// The tables' checks guard against programs that are not ours: what ours writes has the right types, and tests, which
/// are built with assertions, have it checked. Checking takes a quarter of what it takes to record a call.
const UNCHECKED: &str = if cfg!(debug_assertions) { "off" } else { "on" };
/// How long a statement waits for another process that holds the file, e.g. a backup.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a request waits for a free connection.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);
const READERS: u32 = 4;
/// How many keys are found ahead of who reads them. On start there may be a million: to hand them over in small lots
/// would take as long as to find them.
const ROWS_AHEAD: usize = 1_000;

/// As a writer: whatever the last process still had under way is then there, or never will be.
async fn fill(keys: &KeyIndex, mut connection: SqliteConnection) -> Result<()> {
    let mut transaction = connection
        .begin_with("begin immediate")
        .await
        .map_err(convert::failed)?;
    api_keys::fill(keys, &mut transaction).await?;
    drop(transaction);
    connection.close().await.map_err(convert::failed)
}

fn pool(connections: u32) -> SqlitePoolOptions {
    SqlitePoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
        // Where a read fails, SQLite itself may have ended the transaction, so that sqlx's rollback fails and it would
        // believe for ever that the transaction is open: what begins within it would read the same moment from then on.
        .before_acquire(|connection, _| Box::pin(async { Ok(!connection.is_in_transaction()) }))
}

/// The file holds password hashes and people's phone numbers: nobody but its owner reads it, nor those that SQLite makes
/// beside it with the same permissions.
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
