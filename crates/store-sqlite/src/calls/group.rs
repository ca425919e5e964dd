//! Group commit: the changes that wait for the writer are written in one transaction and share one flush of the disk;
//! those that need to read calls follow in a second one. Each still gets its own outcome, once it is on the disk. A call
//! that comes alone waits for nobody.

use std::sync::Arc;
use std::thread::Builder;

use ori_store::{Acceptance, CallResult, CallStep, NewCall, Result, StoreError};
use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot};
use uuid::Uuid;

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
    /// is to do must not keep all of them waiting. The thread ends when this is dropped.
    pub(crate) fn new(writer: Writer, keys: Arc<KeyIndex>, written: Written) -> Result<Self> {
        let waiting = Arc::new(Waiting::default());
        let (changes, handed_in) = mpsc::unbounded_channel();
        let writer = GroupWriter::new(writer, keys, waiting.clone(), written);
        let runtime = Handle::current();
        Builder::new()
            .name("calls-writer".into())
            .spawn(move || runtime.block_on(write_all(writer, handed_in)))
            .map_err(|error| StoreError::Unavailable(error.into()))?;
        Ok(Self { changes, waiting })
    }

    /// Decides on a call, and records it where the answer is yes.
    pub(super) async fn accept(&self, call: NewCall) -> Result<Acceptance> {
        self.written(call, Change::Accept).await
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
        let handed_in = self.changes.send(kind(Pending::new(change, reply)));
        handed_in.map_err(|_| StoreError::Unavailable("the store is closed".into()))?;
        // The change may have been committed before the writer's thread ended.
        outcome
            .await
            .map_err(|gone| StoreError::Indeterminate(gone.into()))?
    }
}

/// The most changes in one transaction: more would gain little and make the first wait.
const MOST: usize = 64;

async fn write_all(mut writer: GroupWriter, mut changes: mpsc::UnboundedReceiver<Change>) {
    let mut group = Vec::with_capacity(MOST);
    while changes.recv_many(&mut group, MOST).await > 0 {
        let room = MOST - group.len();
        let more = std::iter::from_fn(|| changes.try_recv().ok()).take(room);
        writer.write(std::mem::take(&mut group), more).await;
    }
}
