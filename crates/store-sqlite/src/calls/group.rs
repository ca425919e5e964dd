//! Group commit: the changes that wait for the writer are written in one transaction and share one flush of the disk.
//! Each still gets its own outcome, once it is on the disk. A change that comes alone waits for nobody.
//!
//! A group is written by a task on one of the threads that brought its changes: the way to another thread and back would
//! take longer than most of the work. When it is written and others wait, the next is written by a thread of theirs.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ori_store::{Acceptance, CallResult, CallStep, NewCall, Result, StoreError};
use sqlx::sqlite::SqlitePool;
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use uuid::Uuid;

use super::batch;
use super::change::{Change, Pending};
use super::waiting::Waiting;
use super::writer::Writer;
use crate::checkpoint::Written;
use crate::key_index::KeyIndex;

/// Where changes of calls are handed in.
pub(crate) struct Group(Arc<Shared>);

impl Group {
    /// Writes through that pool.
    pub(crate) fn new(writer: SqlitePool, keys: Arc<KeyIndex>, written: Written) -> Self {
        let waiting = Arc::new(Waiting::default());
        let queue = Queue {
            changes: Vec::new(),
            writer: Some(Writer::new(writer, keys, waiting.clone(), written)),
        };
        Self(Arc::new(Shared {
            queue: Mutex::new(queue),
            waiting,
        }))
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
        if let Some(waiting) = self.0.waiting.behind(after, limit) {
            return Ok(waiting);
        }
        self.catch_up().await?;
        let waiting = self.0.waiting.behind(after, limit);
        waiting.ok_or_else(|| StoreError::Unavailable("it is not known which calls wait".into()))
    }

    async fn written<C, T>(&self, change: C, kind: fn(Pending<C, T>) -> Change) -> Result<T> {
        let (reply, outcome) = oneshot::channel();
        self.0.hand_in(kind(Pending { change, reply }));
        let stopped = |_| StoreError::Unavailable("what would have written it was stopped".into());
        outcome.await.map_err(stopped)?
    }
}

/// The most changes in one transaction: more would gain little and make the first wait.
const MOST: usize = batch::MOST;

struct Shared {
    queue: Mutex<Queue>,
    waiting: Arc<Waiting>,
}

struct Queue {
    changes: Vec<HandedIn>,
    /// Somewhere else while a group is being written.
    writer: Option<Writer>,
}

struct HandedIn {
    change: Change,
    /// Where.
    runtime: Handle,
}

impl Shared {
    /// In a task of its own: a request that goes away must not take others' changes along.
    fn hand_in(self: &Arc<Self>, change: Change) {
        let runtime = Handle::current();
        let idle = {
            let mut queue = self.queue();
            queue.changes.push(HandedIn {
                change,
                runtime: runtime.clone(),
            });
            queue.writer.take()
        };
        if let Some(writer) = idle {
            Turn::begin(self.clone(), writer, &runtime);
        }
    }

    /// The changes that are written next, of which none is the second step of one call: a statement for many rows moves
    /// each once.
    fn next_group(&self) -> Vec<Change> {
        let mut calls = HashSet::new();
        let mut room = MOST;
        let joins = |waiting: &mut HandedIn| {
            let joins = room > 0 && waiting.change.step().is_none_or(|step| calls.insert(step.call));
            room -= usize::from(joins);
            joins
        };
        let mut queue = self.queue();
        let group = queue.changes.extract_if(.., joins);
        group.map(|waiting| waiting.change).collect()
    }

    /// Where the next group is to be written: here, where a change was handed in here, else where the first was. Nowhere
    /// if none is waiting; then the writer stays in the queue.
    fn next_turn(&self, writer: Writer, here: &Handle) -> Option<(Writer, Handle)> {
        let mut queue = self.queue();
        let mut runtimes = queue.changes.iter().map(|waiting| &waiting.runtime);
        let first = runtimes.clone().next();
        let next = runtimes
            .find(|runtime| runtime.id() == here.id())
            .or(first)
            .cloned();
        match next {
            Some(next) => Some((writer, next)),
            None => {
                queue.writer = Some(writer);
                None
            }
        }
    }

    /// Gives up what was handed in there: whoever did is gone.
    fn forget(&self, runtime: &Handle) {
        self.queue()
            .changes
            .retain(|waiting| waiting.runtime.id() != runtime.id());
    }

    /// A change is in the queue or not between any two calls, so a panic elsewhere does not spoil it.
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The turn to write, which one at a time has.
struct Turn {
    shared: Arc<Shared>,
    writer: Option<Writer>,
    here: Handle,
}

impl Turn {
    fn begin(shared: Arc<Shared>, writer: Writer, here: &Handle) {
        let turn = Self {
            shared,
            writer: Some(writer),
            here: here.clone(),
        };
        here.spawn(turn.write());
    }

    async fn write(mut self) {
        while let Some(writer) = &mut self.writer {
            writer.write(self.shared.next_group()).await;
            self.pass();
        }
    }

    /// Keeps the turn if it is here again.
    fn pass(&mut self) {
        let Some(writer) = self.writer.take() else { return };
        match self.shared.next_turn(writer, &self.here) {
            Some((writer, next)) if next.id() == self.here.id() => self.writer = Some(writer),
            Some((writer, next)) => Self::begin(self.shared.clone(), writer, &next),
            None => {}
        }
    }
}

impl Drop for Turn {
    /// The thread ends while a group is being written: those who wait elsewhere must not wait for ever.
    fn drop(&mut self) {
        if self.writer.is_some() {
            self.shared.forget(&self.here);
            self.pass();
        }
    }
}
