//! Who writes: one at a time, through a connection of sqlx or a direct one. It is no pool of one: a pool asks a
//! connection, each time it is given back, whether it still answers, and whoever is next to write waits for that.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::time::Duration;

use ori_store::{Result, StoreError};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions as _, Connection as _, Sqlite, Transaction};
use tokio::runtime::Handle;
use tokio::sync::{Mutex, OwnedMappedMutexGuard, OwnedMutexGuard};

use crate::convert::failed;
use crate::direct;

/// What is written through. Whoever holds it writes alone; who waits for it gets it in turn.
#[derive(Clone)]
pub(crate) struct Writer {
    options: Arc<SqliteConnectOptions>,
    slot: Arc<Mutex<Slot>>,
    /// Of whoever opened it.
    runtime: Handle,
}

/// The writer, while it is held.
pub(crate) struct Held(OwnedMappedMutexGuard<Slot, Open>);

enum Slot {
    Open(Open),
    /// It is opened anew when it is held next.
    Lost,
    /// For good.
    Closed,
}

struct Open {
    connection: SqliteConnection,
    direct: rusqlite::Connection,
    health: Health,
}

/// How whoever held it last left it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Health {
    Well,
    /// Nobody said so: the last holder may have been dropped half-way.
    Unknown,
}

impl Writer {
    /// Opens it.
    pub(crate) async fn open(options: SqliteConnectOptions) -> Result<Self> {
        let open = Open::connect(&options).await?;
        Ok(Self {
            options: Arc::new(options),
            slot: Arc::new(Mutex::new(Slot::Open(open))),
            runtime: Handle::current(),
        })
    }

    /// Waits for it. What was begun by whoever held it before is over, or is undone.
    pub(crate) async fn hold(&self) -> Result<Held> {
        let busy = |_| StoreError::Unavailable("too many wait to write".into());
        let held = tokio::time::timeout(HOLD_TIMEOUT, self.turn());
        held.await.map_err(busy)?
    }

    /// Has it held for that, in a task of its own: a thread that serves requests has many at once, and all who want to
    /// write would wait until it is this one's turn again. What is begun is done to its end.
    pub(crate) async fn write<T, F>(&self, work: impl FnOnce(Held) -> F + Send + 'static) -> Result<T>
    where
        T: Send + 'static,
        F: Future<Output = Result<T>> + Send + 'static,
    {
        let writer = self.clone();
        let done = self
            .runtime
            .spawn(async move { work(writer.hold().await?).await });
        done.await.map_err(|error| StoreError::Fault(error.into()))?
    }

    /// Closes it for good, as soon as nobody holds it.
    pub(crate) async fn close(&self) {
        let mut slot = self.slot.lock().await;
        std::mem::replace(&mut *slot, Slot::Closed).close().await;
    }

    async fn turn(&self) -> Result<Held> {
        let mut slot = self.slot.clone().lock_owned().await;
        if let Slot::Open(open) = &mut *slot
            && !open.is_usable().await
        {
            std::mem::replace(&mut *slot, Slot::Lost).close().await;
        }
        if matches!(*slot, Slot::Lost) {
            *slot = Slot::Open(Open::connect(&self.options).await?);
        }
        let closed = |_| StoreError::Unavailable("the store is closed".into());
        OwnedMutexGuard::try_map(slot, Slot::open)
            .map(Held::of)
            .map_err(closed)
    }
}

impl Held {
    fn of(mut open: OwnedMappedMutexGuard<Slot, Open>) -> Self {
        open.health = Health::Unknown;
        Self(open)
    }

    /// Begins a write transaction. It is rolled back where it is dropped without a commit.
    pub(crate) async fn begin(&mut self) -> Result<Transaction<'_, Sqlite>> {
        let begun = self.0.connection.begin_with("begin immediate").await;
        begun.map_err(failed)
    }

    /// The connection that is asked on the thread of whoever holds it, which waits for it.
    pub(crate) fn direct(&mut self) -> &mut rusqlite::Connection {
        &mut self.0.direct
    }

    /// Gives it back with nothing under way, so that whoever is next need not make sure of that.
    pub(crate) fn release(mut self) {
        self.0.health = Health::Well;
    }
}

impl Deref for Held {
    type Target = SqliteConnection;

    fn deref(&self) -> &SqliteConnection {
        &self.0.connection
    }
}

impl DerefMut for Held {
    fn deref_mut(&mut self) -> &mut SqliteConnection {
        &mut self.0.connection
    }
}

impl Slot {
    fn open(&mut self) -> Option<&mut Open> {
        match self {
            Self::Open(open) => Some(open),
            Self::Lost | Self::Closed => None,
        }
    }

    async fn close(self) {
        if let Self::Open(open) = self {
            // Whoever closes the file last has the log to carry into it, for which sqlx has a thread.
            drop(open.direct);
            // It is gone in any case.
            drop(open.connection.close().await);
        }
    }
}

impl Open {
    async fn connect(options: &SqliteConnectOptions) -> Result<Self> {
        Ok(Self {
            connection: options.connect().await.map_err(failed)?,
            direct: direct::open(options.get_filename())?,
            health: Health::Well,
        })
    }

    /// A rollback that was left to be done is done by the time the connection answers. Where a commit fails on a full
    /// disk, SQLite itself has ended the transaction, so that sqlx's rollback fails and it would believe for ever that
    /// the transaction is open.
    async fn is_usable(&mut self) -> bool {
        match self.health {
            Health::Well => true,
            Health::Unknown => {
                self.connection.ping().await.is_ok()
                    && !self.connection.is_in_transaction()
                    && self.direct.is_autocommit()
            }
        }
    }
}

/// How long a request waits for its turn.
const HOLD_TIMEOUT: Duration = Duration::from_secs(5);

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    /// In a folder that is gone when this is.
    async fn writer() -> (tempfile::TempDir, Writer) {
        let folder = tempfile::tempdir().unwrap();
        let options = SqliteConnectOptions::new()
            .filename(folder.path().join("file"))
            .create_if_missing(true);
        let writer = Writer::open(options).await.unwrap();
        let mut held = writer.hold().await.unwrap();
        sqlx::raw_sql("create table rows (row integer)")
            .execute(&mut *held)
            .await
            .unwrap();
        drop(held);
        (folder, writer)
    }

    async fn rows(writer: &Writer) -> i64 {
        let mut held = writer.hold().await.unwrap();
        let rows = sqlx::query_scalar("select count(*) from rows")
            .fetch_one(&mut *held)
            .await;
        held.release();
        rows.unwrap()
    }

    const INSERT: &str = "insert into rows values (1)";

    #[tokio::test]
    async fn what_was_begun_and_dropped_is_undone_for_whoever_is_next() {
        let (_folder, writer) = writer().await;
        let mut held = writer.hold().await.unwrap();
        let mut transaction = held.begin().await.unwrap();
        sqlx::query(INSERT).execute(&mut *transaction).await.unwrap();
        drop(transaction);
        drop(held);
        assert_eq!(rows(&writer).await, 0);
    }

    #[tokio::test]
    async fn what_whoever_asked_no_longer_waits_for_is_done_to_its_end() {
        let (_folder, writer) = writer().await;
        let held = writer.hold().await.unwrap();
        let mut asked = Box::pin(writer.write(async |mut held| {
            let inserted = sqlx::query(INSERT).execute(&mut *held).await;
            inserted.map(|_| ()).map_err(failed)
        }));
        assert!((&mut asked).now_or_never().is_none());
        drop((asked, held));
        // Who began to wait before is served before.
        tokio::task::yield_now().await;
        assert_eq!(rows(&writer).await, 1);
    }

    #[tokio::test]
    async fn once_closed_it_stays_closed() {
        let (_folder, writer) = writer().await;
        writer.close().await;
        assert!(matches!(writer.hold().await, Err(StoreError::Unavailable(_))));
    }
}
