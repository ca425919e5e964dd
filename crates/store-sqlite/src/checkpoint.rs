//! Carrying what was committed from the write-ahead log into the file, beside whoever writes: left to itself, SQLite
//! has the commit do it that makes the log too long, and those wait for it who wait for that commit.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use ori_store::restart_on_panic;
use sqlx::sqlite::SqlitePool;
use tokio::sync::Notify;
use tokio::task::AbortHandle;

/// So many pages in the log have a commit carry them over after all, e.g. where nobody else can keep up: 8 MiB.
pub(crate) const LONGEST_LOG: &str = "2048";

/// Carries them over now and then, until this is dropped.
pub(crate) struct Checkpoints {
    pool: SqlitePool,
    task: AbortHandle,
}

/// Where changes are counted.
#[derive(Clone, Default)]
pub(crate) struct Written(Arc<Counted>);

#[derive(Default)]
struct Counted {
    changes: AtomicUsize,
    are_many: Notify,
}

impl Checkpoints {
    /// Through that pool, which nobody else uses.
    pub(crate) fn begin(pool: SqlitePool, written: Written) -> Self {
        let start = {
            let pool = pool.clone();
            move || carry_over(pool.clone(), written.clone())
        };
        let task = tokio::spawn(restart_on_panic("checkpoints", start)).abort_handle();
        Self { pool, task }
    }

    /// Ends, and lets go of the file.
    pub(crate) async fn close(&self) {
        self.task.abort();
        self.pool.close().await;
    }
}

impl Drop for Checkpoints {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Written {
    /// So many changes were committed.
    pub(crate) fn add(&self, changes: usize) {
        let before = self.0.changes.fetch_add(changes, Ordering::Relaxed);
        if before + changes >= MANY {
            self.0.changes.store(0, Ordering::Relaxed);
            self.0.are_many.notify_one();
        }
    }
}

/// So many changes are some hundred pages, which are carried over in a few milliseconds.
const MANY: usize = 512;

async fn carry_over(pool: SqlitePool, written: Written) {
    loop {
        written.0.are_many.notified().await;
        // Passive: it waits for nobody, and nobody for it. What it cannot carry over now, it can the next time.
        let carried = sqlx::query("pragma wal_checkpoint(passive)").execute(&pool).await;
        if let Err(error) = carried {
            tracing::warn!(%error, "the write-ahead log cannot be carried into the database");
        }
    }
}
