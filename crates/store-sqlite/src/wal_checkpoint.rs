//! Checkpoints of the write-ahead log on a connection of their own. Left to itself, SQLite makes the commit that grows the
//! log too long copy it into the database file, and everything that waits for that commit waits for that.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use ori_store::restart_on_panic;
use sqlx::sqlite::SqlitePool;
use tokio::sync::Notify;
use tokio::task::AbortHandle;

/// Number of pages in the log (8 MiB) at which a commit makes a checkpoint itself, because this connection cannot keep up.
pub(crate) const MAX_LOG_PAGES: &str = "2048";

/// Makes checkpoints until it is dropped.
pub(crate) struct WalCheckpointer {
    pool: SqlitePool,
    task: AbortHandle,
}

/// Counts the changes that were committed.
#[derive(Clone, Default)]
pub(crate) struct CommitCounter(Arc<Counted>);

#[derive(Default)]
struct Counted {
    changes: AtomicUsize,
    is_due: Notify,
}

impl WalCheckpointer {
    /// Starts, on a pool that nothing else uses.
    pub(crate) fn start(pool: SqlitePool, commits: CommitCounter) -> Self {
        let start = {
            let pool = pool.clone();
            move || checkpoint(pool.clone(), commits.clone())
        };
        let task = tokio::spawn(restart_on_panic("WAL checkpoints", start)).abort_handle();
        Self { pool, task }
    }

    /// Ends, and closes the file.
    pub(crate) async fn close(&self) {
        self.task.abort();
        self.pool.close().await;
    }
}

impl Drop for WalCheckpointer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl CommitCounter {
    /// Adds that many changes.
    pub(crate) fn add(&self, changes: usize) {
        let before = self.0.changes.fetch_add(changes, Ordering::Relaxed);
        if before + changes >= CHANGES_PER_CHECKPOINT {
            self.0.changes.store(0, Ordering::Relaxed);
            self.0.is_due.notify_one();
        }
    }
}

/// These are some hundred pages, which are copied in a few milliseconds.
const CHANGES_PER_CHECKPOINT: usize = 512;

async fn checkpoint(pool: SqlitePool, commits: CommitCounter) {
    loop {
        commits.0.is_due.notified().await;
        // Passive: it waits for no reader and no writer. What it cannot copy now, the next one does.
        let copied = sqlx::query("pragma wal_checkpoint(passive)").execute(&pool).await;
        if let Err(error) = copied {
            tracing::warn!(%error, "the checkpoint of the write-ahead log failed");
        }
    }
}
