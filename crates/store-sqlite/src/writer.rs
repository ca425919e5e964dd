//! The one connection that writes. It is no pool of one: a pool asks a connection, each time it is given back, whether it
//! still answers, and whoever is next to write waits for that.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::time::Duration;

use ori_store::{Result, StoreError};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions as _, Connection as _, Sqlite, Transaction};
use tokio::sync::{Mutex, OwnedMappedMutexGuard, OwnedMutexGuard};

use crate::convert::failed;

/// The one connection that writes. Whoever holds it writes alone; who waits for it gets it in turn.
#[derive(Clone)]
pub(crate) struct Writer {
    options: Arc<SqliteConnectOptions>,
    slot: Arc<Mutex<Slot>>,
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
    health: Health,
}

/// How whoever held it last left it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Health {
    Well,
    /// Nobody said so: the last holder may have been dropped half-way.
    Unknown,
    Broken,
}

impl Writer {
    /// Opens it.
    pub(crate) async fn open(options: SqliteConnectOptions) -> Result<Self> {
        let open = Open::connect(&options).await?;
        Ok(Self {
            options: Arc::new(options),
            slot: Arc::new(Mutex::new(Slot::Open(open))),
        })
    }

    /// Waits for it. What was begun by whoever held it before is over, or is undone.
    pub(crate) async fn hold(&self) -> Result<Held> {
        let busy = |_| StoreError::Unavailable("too many wait to write".into());
        let turn = tokio::time::timeout(HOLD_TIMEOUT, self.slot.clone().lock_owned());
        let mut slot = turn.await.map_err(busy)?;
        if let Slot::Open(open) = &mut *slot
            && !open.is_usable().await
        {
            std::mem::replace(&mut *slot, Slot::Lost).close().await;
        }
        if matches!(*slot, Slot::Lost) {
            *slot = Slot::Open(Open::connect(&self.options).await?);
        }
        let open = OwnedMutexGuard::try_map(slot, Slot::open).map_err(|_| failed(sqlx::Error::PoolClosed))?;
        Ok(Held::of(open))
    }

    /// Closes it and opens another: what was begun ends with the connection.
    pub(crate) async fn reopen(&self, mut held: Held) {
        held.0.health = Health::Broken;
        drop(held);
        // Whoever comes in between does the same, and whoever is next where it fails.
        drop(self.hold().await);
    }

    /// Closes it for good, as soon as nobody holds it.
    pub(crate) async fn close(&self) {
        let mut slot = self.slot.lock().await;
        std::mem::replace(&mut *slot, Slot::Closed).close().await;
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
            // It is gone in any case.
            drop(open.connection.close().await);
        }
    }
}

impl Open {
    async fn connect(options: &SqliteConnectOptions) -> Result<Self> {
        Ok(Self {
            connection: options.connect().await.map_err(failed)?,
            health: Health::Well,
        })
    }

    /// A rollback that was left to be done is done by the time the connection answers. Where a commit fails on a full disk,
    /// SQLite itself has ended the transaction, so that sqlx's rollback fails and it would believe for ever that the
    /// transaction is open.
    async fn is_usable(&mut self) -> bool {
        match self.health {
            Health::Well => true,
            Health::Unknown => self.connection.ping().await.is_ok() && !self.connection.is_in_transaction(),
            Health::Broken => false,
        }
    }
}

/// How long a request waits for its turn.
const HOLD_TIMEOUT: Duration = Duration::from_secs(5);
