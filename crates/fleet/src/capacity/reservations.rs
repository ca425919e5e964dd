//! The room that is entry for calls. Each question is answered without going through all of it: there may be many
//! thousands of calls under way.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use tokio::time::Instant;
use uuid::Uuid;

/// Room that is entry for a call.
pub(super) struct Entry {
    pub(super) host: usize,
    pub(super) number: u64,
    pub(super) phase: Phase,
    /// When the room is given back whatever became of the call.
    until: Instant,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// Nothing was sent yet.
    Reserved,
    /// The worker is being asked.
    Sent,
    /// The call takes place, or may: entry until a health answer counts it.
    Settled { at: u64 },
}

/// What is entry, by call.
pub(super) struct Reservations {
    by_call: HashMap<Uuid, Entry>,
    /// How much is entry on each host.
    counts: Vec<u64>,
    /// When to look whether which call's room is overdue, soonest first: each time is `limit` after it was noted.
    due: VecDeque<(Instant, Uuid)>,
    limit: Duration,
}

impl Reservations {
    /// Nothing is entry. `limit` is how long room is entry for a call of which nothing is heard.
    pub(super) fn new(hosts: usize, limit: Duration) -> Self {
        Self {
            by_call: HashMap::new(),
            counts: vec![0; hosts],
            due: VecDeque::new(),
            limit,
        }
    }

    /// Reservations room on the host.
    pub(super) fn insert(&mut self, call: Uuid, host: usize, number: u64, now: Instant) {
        self.remove(call);
        let until = now + self.limit;
        self.counts[host] += 1;
        self.due.push_back((until, call));
        let entry = Entry {
            host,
            number,
            phase: Phase::Reserved,
            until,
        };
        self.by_call.insert(call, entry);
    }

    /// Whether room is entry for the call.
    pub(super) fn contains(&self, call: Uuid) -> bool {
        self.by_call.contains_key(&call)
    }

    /// What is entry for the call.
    pub(super) fn get_mut(&mut self, call: Uuid) -> Option<&mut Entry> {
        self.by_call.get_mut(&call)
    }

    /// Has the time limit begin anew.
    pub(super) fn renew(&mut self, call: Uuid, now: Instant) {
        if let Some(entry) = self.by_call.get_mut(&call) {
            entry.until = now + self.limit;
            self.due.push_back((entry.until, call));
        }
    }

    /// Gives back what is entry for the call.
    pub(super) fn remove(&mut self, call: Uuid) {
        if let Some(entry) = self.by_call.remove(&call) {
            self.counts[entry.host] -= 1;
        }
    }

    /// Gives back what was entry for too long.
    pub(super) fn remove_overdue(&mut self, now: Instant) {
        while let Some((_, call)) = self.due.pop_front_if(|(until, _)| *until <= now) {
            if self.by_call.get(&call).is_some_and(|entry| entry.until <= now) {
                self.remove(call);
            }
        }
    }

    /// Gives back what was settled on the host before that event.
    pub(super) fn remove_settled(&mut self, host: usize, before: u64) {
        let counted =
            |entry: &Entry| entry.host == host && matches!(entry.phase, Phase::Settled { at } if at < before);
        let held_before = self.by_call.len();
        self.by_call.retain(|_, entry| !counted(entry));
        self.counts[host] -= (held_before - self.by_call.len()) as u64;
    }

    /// How much is entry on the host.
    pub(super) fn count(&self, host: usize) -> u64 {
        self.counts[host]
    }
}
