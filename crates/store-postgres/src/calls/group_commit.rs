//! Group commit: concurrent admissions are decided and written in one transaction, and share its round trips and its flush
//! of the disk. Each still gets its own outcome, after the commit. A single admission starts without delay.
//!
//! Calls of a key whose row another transaction has locked are left out of the group. They wait for that lock in a separate
//! transaction, so that no other key waits with them. A transaction that waits for a key's lock holds no other lock.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use ori_key::KeyDigest;
use ori_store::{Admission, NewCall, Result, StoreError, restart_on_panic};
use sqlx::postgres::PgPool;
use tokio::sync::{Mutex, mpsc, oneshot};
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::{Instant, MissedTickBehavior, sleep_until};

use super::admission::{self, LockMode};
use super::queue_bound::QueueBound;
use crate::connection::ACQUIRE_TIMEOUT;
use crate::sticky_connection::{StickyConnection, UNUSED_FOR};

/// Submits calls to the group commit.
pub(crate) struct Group(mpsc::UnboundedSender<Pending>);

impl Group {
    /// Writes through that pool, so many groups at once, in tasks of its own: a request that goes away must not take
    /// others' calls along. They end when this is dropped.
    pub(crate) fn new(pool: PgPool, room: Arc<QueueBound>, at_once: usize) -> Self {
        let (sender, calls) = mpsc::unbounded_channel();
        let calls = Arc::new(Mutex::new(calls));
        let start = move || {
            let (pool, room) = (pool.clone(), room.clone());
            Dispatcher::new(Writer { pool, room }, at_once).write_all(calls.clone())
        };
        tokio::spawn(restart_on_panic("call dispatcher", start));
        Self(sender)
    }

    /// Admits or rejects a call.
    pub(super) async fn admit(&self, call: NewCall) -> Result<Admission> {
        let (reply, outcome) = oneshot::channel();
        let since = Instant::now();
        let handed_in = self.0.send(Pending { call, reply, since });
        handed_in.map_err(|_| StoreError::Unavailable("the store is closed".into()))?;
        // The call's group may have been sent before its task ended.
        outcome
            .await
            .map_err(|gone| StoreError::Indeterminate(gone.into()))?
    }
}

/// The most calls in one transaction: more would gain little and make the first wait.
const MAX_BATCH: usize = 256;
/// Maximum number of groups that wait for locked keys at once: not so many that they would hold every
/// connection.
const MOST_LOCKED: usize = 2;

struct Pending {
    call: NewCall,
    reply: oneshot::Sender<Result<Admission>>,
    since: Instant,
}

/// Forms the groups. A key is in one of them at a time: of two, the second would find it locked.
struct Dispatcher {
    writer: Writer,
    at_once: usize,
    /// Pending calls, by key, including keys that are in a group.
    keys: HashMap<KeyDigest, VecDeque<Pending>>,
    /// Those that can go into the next group.
    ready: VecDeque<KeyDigest>,
    /// Those that somebody else had locked.
    locked: VecDeque<KeyDigest>,
    running: JoinSet<BatchResult>,
    /// Connections of groups that have been written, for the next ones.
    spare: Vec<StickyConnection>,
    /// Time at which the last of them was.
    last_completed: Instant,
    in_flight: HashMap<Id, InFlightBatch>,
}

/// A group that is being written.
struct InFlightBatch {
    keys: Vec<KeyDigest>,
    locked: LockMode,
}

/// A group that was written.
#[derive(Default)]
struct BatchResult {
    /// Calls that it left out.
    left: Vec<Pending>,
    /// The connection, unless an error occurred on it.
    kept: Option<StickyConnection>,
}

impl Dispatcher {
    fn new(writer: Writer, at_once: usize) -> Self {
        Self {
            writer,
            at_once,
            keys: HashMap::new(),
            ready: VecDeque::new(),
            locked: VecDeque::new(),
            running: JoinSet::new(),
            spare: Vec::new(),
            last_completed: Instant::now(),
            in_flight: HashMap::new(),
        }
    }

    async fn write_all(mut self, calls: Arc<Mutex<mpsc::UnboundedReceiver<Pending>>>) {
        let mut calls = calls.lock().await;
        let (mut arrived, mut is_open) = (Vec::new(), true);
        let mut stuck = tokio::time::interval(ACQUIRE_TIMEOUT / 5);
        stuck.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while is_open || !self.running.is_empty() {
            tokio::select! {
                received = calls.recv_many(&mut arrived, MAX_BATCH), if is_open => {
                    is_open = received > 0;
                    arrived.drain(..).for_each(|pending| self.enqueue(pending));
                }
                Some(done) = self.running.join_next_with_id() => self.complete(done),
                () = sleep_until(self.last_completed + UNUSED_FOR), if !self.spare.is_empty() => self.spare.clear(),
                _ = stuck.tick(), if !self.running.is_empty() => self.give_up(),
            }
            self.dispatch();
        }
    }

    fn enqueue(&mut self, pending: Pending) {
        let key = pending.call.key;
        let waiting = self.keys.entry(key).or_insert_with(|| {
            self.ready.push_back(key);
            VecDeque::new()
        });
        waiting.push_back(pending);
    }

    /// Takes back what the group left out, ahead of what came after it.
    fn complete(&mut self, done: std::result::Result<(Id, BatchResult), JoinError>) {
        // If it panicked, its callers notice that their channel is closed.
        let (id, last_completed) = done.unwrap_or_else(|error| (error.id(), BatchResult::default()));
        self.spare.extend(last_completed.kept);
        self.last_completed = Instant::now();
        for pending in last_completed.left.into_iter().rev() {
            let key = pending.call.key;
            let waiting = self.keys.entry(key).or_default();
            if !self.locked.contains(&key) {
                self.locked.push_back(key);
            }
            waiting.push_front(pending);
        }
        let flight = self.in_flight.remove(&id);
        for key in flight.map(|flight| flight.keys).unwrap_or_default() {
            if self.keys.get(&key).is_none_or(VecDeque::is_empty) {
                self.keys.remove(&key);
            } else if !self.locked.contains(&key) {
                self.ready.push_back(key);
            }
        }
    }

    /// Refuses what has waited too long behind a group that the database does not answer.
    fn give_up(&mut self) {
        for waiting in self.keys.values_mut() {
            while let Some(late) = waiting.pop_front_if(|pending| pending.since.elapsed() > ACQUIRE_TIMEOUT) {
                fail(
                    late,
                    StoreError::Unavailable("the database does not answer in time".into()),
                );
            }
        }
    }

    fn dispatch(&mut self) {
        while !self.ready.is_empty() && self.in_flight(LockMode::SkipLocked) < self.at_once {
            let (mut keys, mut group) = (Vec::new(), Vec::new());
            while group.len() < MAX_BATCH
                && let Some(key) = self.ready.pop_front()
            {
                self.take(key, &mut group);
                keys.push(key);
            }
            self.spawn(keys, group, LockMode::SkipLocked);
        }
        while self.in_flight(LockMode::Block) < MOST_LOCKED
            && let Some(key) = self.locked.pop_front()
        {
            let mut group = Vec::new();
            self.take(key, &mut group);
            self.spawn(vec![key], group, LockMode::Block);
        }
    }

    /// Moves as many calls of that key as fit into the group, in order.
    fn take(&mut self, key: KeyDigest, group: &mut Vec<Pending>) {
        if let Some(waiting) = self.keys.get_mut(&key) {
            let most = waiting.len().min(MAX_BATCH - group.len());
            group.extend(waiting.drain(..most));
        }
    }

    fn in_flight(&self, locked: LockMode) -> usize {
        let in_flight = self.in_flight.values();
        in_flight.filter(|flight| flight.locked == locked).count()
    }

    fn spawn(&mut self, keys: Vec<KeyDigest>, group: Vec<Pending>, locked: LockMode) {
        let writing = self.writer.clone().write(self.spare.pop(), group, locked);
        let task = self.running.spawn(writing);
        self.in_flight.insert(task.id(), InFlightBatch { keys, locked });
    }
}

#[derive(Clone)]
struct Writer {
    pool: PgPool,
    room: Arc<QueueBound>,
}

impl Writer {
    /// Writes them together, sends each its outcome, and returns those that were left out. If the database
    /// refuses the group, each is written alone: one of them may be what it does not take, and the others must not
    /// suffer for it.
    async fn write(
        self,
        kept: Option<StickyConnection>,
        mut group: Vec<Pending>,
        locked: LockMode,
    ) -> BatchResult {
        let calls: Vec<&NewCall> = group.iter().map(|pending| &pending.call).collect();
        match self.accept(kept, &calls, locked).await {
            Ok((outcomes, kept)) => {
                return BatchResult {
                    left: tell(group, outcomes),
                    kept: Some(kept),
                };
            }
            Err(error) if group.len() == 1 => fail(group.remove(0), error),
            Err(StoreError::Fault(_)) => {
                for pending in group {
                    Box::pin(self.clone().write(None, vec![pending], LockMode::Block)).await;
                }
            }
            Err(error) => {
                // Each alone would have met with it, too; and a group in doubt must not be sent again.
                for pending in group {
                    fail(pending, error.repeat());
                }
            }
        }
        BatchResult::default()
    }

    async fn accept(
        &self,
        kept: Option<StickyConnection>,
        calls: &[&NewCall],
        locked: LockMode,
    ) -> Result<(Vec<Option<Admission>>, StickyConnection)> {
        let mut kept = StickyConnection::of(kept, &self.pool).await?;
        let outcomes = admission::accept(kept.connection(), &self.room, calls, locked).await?;
        Ok((outcomes, kept))
    }
}

fn tell(group: Vec<Pending>, outcomes: Vec<Option<Admission>>) -> Vec<Pending> {
    let mut left = Vec::new();
    for (pending, outcome) in group.into_iter().zip(outcomes) {
        match outcome {
            // The caller may have gone away.
            Some(outcome) => drop(pending.reply.send(Ok(outcome))),
            None => left.push(pending),
        }
    }
    left
}

fn fail(pending: Pending, error: StoreError) {
    // The caller may have gone away.
    drop(pending.reply.send(Err(error)));
}
