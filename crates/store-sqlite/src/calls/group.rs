//! Group commit: the changes that wait for the writer are written in one transaction and share one flush of the disk.
//! Each still gets its own outcome, once it is on the disk. A change that comes alone waits for nobody.

use ori_store::{Acceptance, CallResult, CallStep, NewCall, Result, StoreError};
use sqlx::sqlite::SqlitePool;
use tokio::sync::{mpsc, oneshot};
use uuid::Uuid;

use super::accept::{self, Waiting};
use super::step;
use crate::begin;
use crate::convert::failed;

/// Where changes of calls are handed in.
pub(crate) struct Group(mpsc::UnboundedSender<Change>);

impl Group {
    /// Writes through that pool, in a task of its own: a request that goes away must not take others' changes along. The
    /// task ends when this is dropped.
    pub(crate) fn new(writer: SqlitePool) -> Self {
        let (sender, changes) = mpsc::unbounded_channel();
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
const MOST: usize = 256;

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

async fn write_all(writer: SqlitePool, mut changes: mpsc::UnboundedReceiver<Change>) {
    // Only this task makes calls wait, or ends their waiting.
    let mut waiting = Waiting::default();
    let mut group = Vec::with_capacity(MOST);
    while changes.recv_many(&mut group, MOST).await > 0 {
        write(&writer, std::mem::take(&mut group), &mut waiting).await;
    }
}

/// Writes them together; where that fails, each alone: one of them may be what the database does not take, and the others
/// must not suffer for it.
async fn write(writer: &SqlitePool, mut changes: Vec<Change>, waiting: &mut Waiting) {
    let mut count = *waiting;
    let written = write_together(writer, &changes, &mut count).await;
    // Where it failed, nobody knows what was written.
    *waiting = written.as_ref().map_or(Waiting::default(), |_| count);
    match written {
        Ok(outcomes) => outcomes.tell(changes),
        Err(error) if changes.len() == 1 => changes.remove(0).fail(error),
        Err(_) => {
            for change in changes {
                Box::pin(write(writer, vec![change], waiting)).await;
            }
        }
    }
}

/// Changes that wait at the same time may be taken in any order: nobody who sent one has been told of another.
async fn write_together(writer: &SqlitePool, changes: &[Change], waiting: &mut Waiting) -> Result<Outcomes> {
    let mut transaction = begin(writer).await?;
    let calls: Vec<&NewCall> = changes.iter().filter_map(Change::call).collect();
    let accepted = accept::accept(&mut transaction, &calls, waiting).await?;
    let (mut moved, mut added) = (Vec::new(), Vec::new());
    for change in changes {
        match change {
            Change::Accept(_) => {}
            Change::Step(step) => {
                let left = step::step(&mut transaction, &step.change).await?;
                if let Some(from) = left {
                    waiting.moved(from, step.change.to);
                }
                moved.push(left.is_some());
            }
            Change::Result(result) => added.push(step::add_result(&mut transaction, &result.change).await?),
        }
    }
    transaction.commit().await.map_err(failed)?;
    Ok(Outcomes {
        accepted,
        moved,
        added,
    })
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
