//! Group commit: the changes that wait for the writer are written in one transaction and share one flush of the disk.
//! Each still gets its own outcome, once it is on the disk. A change that comes alone waits for nobody.

use std::collections::HashSet;
use std::sync::Arc;

use ori_store::{Acceptance, CallResult, CallStep, NewCall, Result, StoreError};
use sqlx::sqlite::{SqliteConnection, SqlitePool};
use tokio::sync::{mpsc, oneshot};
use uuid::Uuid;

use super::batch::{self, Batch};
use super::waiting::Waiting;
use super::{accept, step};
use crate::convert::failed;
use crate::key_index::KeyIndex;

/// Where changes of calls are handed in.
pub(crate) struct Group(mpsc::UnboundedSender<Change>);

impl Group {
    /// Writes through that pool, in a task of its own: a request that goes away must not take others' changes along. The
    /// task ends when this is dropped.
    pub(crate) fn new(writer: SqlitePool, keys: Arc<KeyIndex>) -> Self {
        let (sender, changes) = mpsc::unbounded_channel();
        let writer = Writer {
            pool: writer,
            keys,
            waiting: Waiting::default(),
        };
        tokio::spawn(write_all(writer, changes));
        Self(sender)
    }

    /// Decides on a call, and records it where the answer is yes.
    pub(super) async fn accept(&self, call: NewCall) -> Result<Acceptance> {
        self.written(|reply| Change::Accept(Pending { change: call, reply }))
            .await
    }

    /// Moves a call on.
    pub(super) async fn step(&self, step: CallStep) -> Result<bool> {
        self.written(|reply| Change::Step(Pending { change: step, reply }))
            .await
    }

    /// Adds a result.
    pub(super) async fn result(&self, result: CallResult) -> Result<Option<Uuid>> {
        self.written(|reply| {
            Change::Result(Pending {
                change: result,
                reply,
            })
        })
        .await
    }

    async fn written<T>(&self, change: impl FnOnce(oneshot::Sender<Result<T>>) -> Change) -> Result<T> {
        let closed = || StoreError::Unavailable("the store is closed".into());
        let (reply, outcome) = oneshot::channel();
        self.0.send(change(reply)).map_err(|_| closed())?;
        outcome.await.map_err(|_| closed())?
    }
}

/// The most changes in one transaction: more would gain little and make the first wait.
const MOST: usize = batch::MOST;

enum Change {
    Accept(Pending<NewCall, Acceptance>),
    Step(Pending<CallStep, bool>),
    Result(Pending<CallResult, Option<Uuid>>),
}

struct Pending<C, T> {
    change: C,
    reply: oneshot::Sender<Result<T>>,
}

/// What came of each change, kind by kind.
struct Outcomes {
    accepted: Vec<Acceptance>,
    moved: Vec<bool>,
    added: Vec<Option<Uuid>>,
}

async fn write_all(mut writer: Writer, mut changes: mpsc::UnboundedReceiver<Change>) {
    let mut group = Vec::with_capacity(MOST);
    while changes.recv_many(&mut group, MOST).await > 0 {
        while !group.is_empty() {
            let later = second_steps(&mut group);
            writer.write(std::mem::replace(&mut group, later)).await;
        }
    }
}

/// Takes out those steps whose call has another before: a statement for many rows moves each once.
fn second_steps(changes: &mut Vec<Change>) -> Vec<Change> {
    let mut calls = HashSet::new();
    let is_second = |change: &mut Change| change.step().is_some_and(|step| !calls.insert(step.call));
    changes.extract_if(.., is_second).collect()
}

struct Writer {
    pool: SqlitePool,
    keys: Arc<KeyIndex>,
    /// Nobody else makes calls wait, or ends their waiting.
    waiting: Waiting,
}

impl Writer {
    /// Writes them together. Where the database is out, it is so for all. Where it does not take what one of them brings,
    /// each is written alone, so that the others do not suffer for it.
    async fn write(&mut self, mut changes: Vec<Change>) {
        match self.write_together(&changes).await {
            Ok(outcomes) => outcomes.tell(changes),
            Err(error) if changes.len() == 1 => changes.remove(0).fail(error),
            Err(StoreError::Unavailable(why)) => {
                let why = why.to_string();
                for change in changes {
                    change.fail(StoreError::Unavailable(why.clone().into()));
                }
            }
            Err(StoreError::Fault(_)) => {
                for change in changes {
                    Box::pin(self.write(vec![change])).await;
                }
            }
        }
    }

    async fn write_together(&mut self, changes: &[Change]) -> Result<Outcomes> {
        let mut connection = self.pool.acquire().await.map_err(failed)?;
        let written = self.write_on(&mut connection, changes).await;
        if written.is_err() {
            // Nobody knows what was written of how many wait. What was begun ends with the connection.
            self.waiting = Waiting::default();
            drop(connection.close().await);
        }
        written
    }

    /// Changes that wait at the same time may be taken in any order: nobody who sent one has been told of another.
    async fn write_on(&mut self, connection: &mut SqliteConnection, changes: &[Change]) -> Result<Outcomes> {
        let mut batch = Batch::new(changes.len());
        batch.push("begin immediate");
        let calls: Vec<_> = changes.iter().filter_map(Change::call).collect();
        let steps: Vec<_> = changes.iter().filter_map(Change::step).collect();
        let left = step::step(&mut batch, connection, &steps).await?;
        for (from, step) in left.iter().zip(&steps) {
            if let Some(from) = from {
                self.waiting.moved(*from, step.to);
            }
        }
        let accepted = accept::accept(&mut batch, connection, &self.keys, &calls, &mut self.waiting).await?;
        let mut added = Vec::new();
        for result in changes.iter().filter_map(Change::result) {
            batch.send(connection).await?;
            added.push(step::add_result(connection, result).await?);
        }
        batch.push("commit");
        batch.send(connection).await?;
        Ok(Outcomes {
            accepted,
            moved: left.iter().map(Option::is_some).collect(),
            added,
        })
    }
}

impl Outcomes {
    fn tell(self, changes: Vec<Change>) {
        let mut accepted = self.accepted.into_iter();
        let mut moved = self.moved.into_iter();
        let mut added = self.added.into_iter();
        for change in changes {
            match change {
                Change::Accept(call) => call.tell(accepted.next()),
                Change::Step(step) => step.tell(moved.next()),
                Change::Result(result) => result.tell(added.next()),
            }
        }
    }
}

impl Change {
    fn call(&self) -> Option<&NewCall> {
        match self {
            Self::Accept(call) => Some(&call.change),
            Self::Step(_) | Self::Result(_) => None,
        }
    }

    fn step(&self) -> Option<&CallStep> {
        match self {
            Self::Step(step) => Some(&step.change),
            Self::Accept(_) | Self::Result(_) => None,
        }
    }

    fn result(&self) -> Option<&CallResult> {
        match self {
            Self::Result(result) => Some(&result.change),
            Self::Accept(_) | Self::Step(_) => None,
        }
    }

    /// Whoever has gone away is not told.
    fn fail(self, error: StoreError) {
        match self {
            Self::Accept(call) => drop(call.reply.send(Err(error))),
            Self::Step(step) => drop(step.reply.send(Err(error))),
            Self::Result(result) => drop(result.reply.send(Err(error))),
        }
    }
}

impl<C, T> Pending<C, T> {
    fn tell(self, outcome: Option<T>) {
        if let Some(outcome) = outcome {
            // Whoever has gone away is not told.
            drop(self.reply.send(Ok(outcome)));
        }
    }
}
