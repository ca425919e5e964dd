//! Which calls wait, in memory: only this process makes calls wait or ends their waiting.

use std::collections::BTreeSet;
use std::ops::Bound;
use std::sync::{Mutex, MutexGuard, PoisonError};

use ori_shared::call::CallStatus;
use ori_store::Result;
use rusqlite::Transaction;
use uuid::Uuid;

use crate::direct;

/// The calls that wait, where that is known. It is not where nobody learned what was written.
#[derive(Default)]
pub(super) struct Waiting(Mutex<Option<BTreeSet<Uuid>>>);

/// What a transaction changes of it.
#[derive(Default)]
pub(super) struct Moves {
    /// In the order in which they were written: who waits from then on, and who no longer does.
    all: Vec<(Uuid, bool)>,
    joined: usize,
}

impl Waiting {
    /// Reads them, in a transaction in which every call has been indexed.
    pub(super) fn find(&self, transaction: &Transaction<'_>) -> Result<()> {
        const FIND: &str = "select id from calls where status = 'queued' and is_indexed = 1";
        *self.lock() = Some(direct::find_ids(transaction, FIND, [])?);
        Ok(())
    }

    /// Nobody knows what was written.
    pub(super) fn forget(&self) {
        *self.lock() = None;
    }

    /// Whether one more may wait beside those that there will be.
    pub(super) fn has_room(&self, moves: &Moves, limit: u32) -> bool {
        let waiting = self.lock().as_ref().map_or(usize::MAX, BTreeSet::len);
        let left = moves.all.len() - moves.joined;
        let waiting = waiting.saturating_add(moves.joined) - left;
        u32::try_from(waiting).is_ok_and(|waiting| waiting < limit)
    }

    /// These were committed.
    pub(super) fn moved(&self, moves: Moves) {
        if let Some(waiting) = self.lock().as_mut() {
            for (call, waits) in moves.all {
                match waits {
                    true => waiting.insert(call),
                    false => waiting.remove(&call),
                };
            }
        }
    }

    /// Those behind that one, oldest first, at most so many.
    pub(super) fn behind(&self, after: Option<Uuid>, limit: usize) -> Option<Vec<Uuid>> {
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        let waiting = self.lock();
        let behind = waiting.as_ref()?.range((from, Bound::Unbounded));
        Some(behind.take(limit).copied().collect())
    }

    /// The calls are consistent between any two calls, so a panic elsewhere does not spoil them.
    fn lock(&self) -> MutexGuard<'_, Option<BTreeSet<Uuid>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Moves {
    /// That call waits from now on.
    pub(super) fn join(&mut self, call: Uuid) {
        self.joined += 1;
        self.all.push((call, true));
    }

    /// That call moves on.
    pub(super) fn step(&mut self, call: Uuid, from: CallStatus, to: CallStatus) {
        match (from, to) {
            (CallStatus::Queued, CallStatus::Queued) => {}
            (CallStatus::Queued, _) => self.all.push((call, false)),
            (_, CallStatus::Queued) => self.join(call),
            _ => {}
        }
    }
}
