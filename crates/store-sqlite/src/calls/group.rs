//! Group commit: the changes that wait for the writer are written in one transaction and share one flush of the disk;
//! those that need to read calls follow in a second one. Each still gets its own outcome, once it is on the disk. A call
//! that comes alone waits for nobody.

use std::sync::Arc;
use std::thread::Builder;

use ori_store::{Admission, CallResult, CallStep, Result, StoreError, restart_on_panic};
use tokio::runtime::Handle;
use tokio::sync::{Mutex, mpsc, oneshot};
use uuid::Uuid;

use super::accept::Dialout;
use super::change::{Change, Pending};
use super::group_writer::GroupWriter;
use super::waiting::Waiting;
use crate::checkpoint::Written;
use crate::key_index::KeyIndex;
use crate::writer::Writer;

/// Where changes of calls are handed in.
pub(crate) struct Group {
    changes: mpsc::UnboundedSender<Change>,
    waiting: Arc<Waiting>,
}

impl Group {
    /// Writes on a thread of its own: a request that goes away must not take others' changes along, and what else there
    /// is to do must not keep all of them waiting. The thread ends when this is dropped; a panic fails the changes it has
    /// in hand, and those that follow are written.
    pub(crate) fn new(writer: Writer, keys: Arc<KeyIndex>, written: Written) -> Result<Self> {
        let waiting = Arc::new(Waiting::default());
        Self::spawn(waiting.clone(), move |changes| {
            // A run that panicked may have committed what it did not record in memory.
            waiting.forget();
            let (writer, keys) = (writer.clone(), keys.clone());
            let writer = GroupWriter::new(writer, keys, waiting.clone(), written.clone());
            write_all(writer, changes)
        })
    }

    /// Runs `write` on the thread, again after each panic.
    fn spawn<F: Future<Output = ()>>(
        waiting: Arc<Waiting>,
        mut write: impl FnMut(Changes) -> F + Send + 'static,
    ) -> Result<Self> {
        let (changes, handed_in) = mpsc::unbounded_channel();
        let handed_in = Arc::new(Mutex::new(handed_in));
        let start = move || write(handed_in.clone());
        let runtime = Handle::current();
        Builder::new()
            .name("calls-writer".into())
            .spawn(move || runtime.block_on(restart_on_panic("calls-writer", start)))
            .map_err(|error| StoreError::Unavailable(error.into()))?;
        Ok(Self { changes, waiting })
    }

    /// Admits or rejects a call.
    pub(super) async fn admit(&self, dialout: Dialout) -> Result<Admission> {
        self.written(Box::new(dialout), Change::Admit).await
    }

    /// Moves a call on.
    pub(super) async fn step(&self, step: CallStep) -> Result<bool> {
        self.written(step, Change::Step).await
    }

    /// Adds a result.
    pub(super) async fn result(&self, result: CallResult) -> Result<Option<Uuid>> {
        self.written(result, Change::Result).await
    }

    /// Has all written that may be written late: see [`super::late`].
    pub(crate) async fn catch_up(&self) -> Result<()> {
        self.written((), Change::CatchUp).await
    }

    /// The calls that wait behind that one, oldest first, at most so many.
    pub(super) async fn waiting(&self, after: Option<Uuid>, limit: usize) -> Result<Vec<Uuid>> {
        if let Some(waiting) = self.waiting.behind(after, limit) {
            return Ok(waiting);
        }
        self.catch_up().await?;
        let waiting = self.waiting.behind(after, limit);
        waiting.ok_or_else(|| StoreError::Unavailable("it is not known which calls wait".into()))
    }

    async fn written<C, T>(&self, change: C, kind: fn(Pending<C, T>) -> Change) -> Result<T> {
        let (reply, outcome) = oneshot::channel();
        let change = kind(Pending::new(change, reply));
        let closed = |_| StoreError::Unavailable("the store is closed".into());
        self.changes.send(change).map_err(closed)?;
        // The change may have been committed before the writer panicked.
        outcome
            .await
            .map_err(|dropped| StoreError::Indeterminate(dropped.into()))?
    }
}

/// The changes that were handed in, for one run of the writer at a time.
type Changes = Arc<Mutex<mpsc::UnboundedReceiver<Change>>>;

/// The most changes in one transaction: more would gain little and make the first wait.
const MOST: usize = 64;

async fn write_all(mut writer: GroupWriter, changes: Changes) {
    let mut changes = changes.lock().await;
    let mut group = Vec::with_capacity(MOST);
    while changes.recv_many(&mut group, MOST).await > 0 {
        let room = MOST - group.len();
        let more = std::iter::from_fn(|| changes.try_recv().ok()).take(room);
        writer.write(std::mem::take(&mut group), more).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_writer_that_panics_fails_what_it_has_in_hand_and_writes_what_follows() {
        let mut runs = 0;
        let group = Group::spawn(Arc::default(), move |changes| {
            runs += 1;
            let is_first = runs == 1;
            async move {
                let mut changes = changes.lock().await;
                while let Some(mut change) = changes.recv().await {
                    assert!(!is_first, "the first run fails");
                    change.catch_up();
                    assert!(change.tell().is_none());
                }
            }
        });
        let group = group.unwrap();
        assert!(matches!(
            group.catch_up().await,
            Err(StoreError::Indeterminate(_))
        ));
        for _ in 0..2 {
            group.catch_up().await.unwrap();
        }
    }
}
