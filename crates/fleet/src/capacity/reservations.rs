//! Reservations by call. No look-up scans all of them: there may be many thousands.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use tokio::time::Instant;
use uuid::Uuid;

/// A reservation.
pub(super) struct Entry {
    pub(super) host: usize,
    pub(super) number: u64,
    pub(super) phase: Phase,
    /// Expiry of the reservation, whatever the state of the call.
    until: Instant,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// The attempt is not sent yet.
    Reserved,
    /// The attempt is in flight.
    Sent,
    /// The call takes place, or may: reserved until a health response counts it.
    Settled { at: u64 },
}

/// All reservations.
pub(super) struct Reservations {
    by_call: HashMap<Uuid, Entry>,
    /// Number of reservations on each host.
    counts: Vec<u64>,
    /// Expiries in ascending order. A renewed reservation has an entry for each of its expiries.
    due: VecDeque<(Instant, Uuid)>,
    limit: Duration,
}

impl Reservations {
    /// Creates an empty set. A reservation expires after `limit`.
    pub(super) fn new(hosts: usize, limit: Duration) -> Self {
        Self {
            by_call: HashMap::new(),
            counts: vec![0; hosts],
            due: VecDeque::new(),
            limit,
        }
    }

    /// Reserves capacity on the host.
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

    /// Returns whether the call has a reservation.
    pub(super) fn contains(&self, call: Uuid) -> bool {
        self.by_call.contains_key(&call)
    }

    /// Returns the reservation of the call.
    pub(super) fn get_mut(&mut self, call: Uuid) -> Option<&mut Entry> {
        self.by_call.get_mut(&call)
    }

    /// Restarts the time limit of the reservation.
    pub(super) fn renew(&mut self, call: Uuid, now: Instant) {
        if let Some(entry) = self.by_call.get_mut(&call) {
            entry.until = now + self.limit;
            self.due.push_back((entry.until, call));
        }
    }

    /// Removes the reservation of the call.
    pub(super) fn remove(&mut self, call: Uuid) {
        if let Some(entry) = self.by_call.remove(&call) {
            self.counts[entry.host] -= 1;
        }
    }

    /// Removes expired reservations.
    pub(super) fn remove_overdue(&mut self, now: Instant) {
        while let Some((_, call)) = self.due.pop_front_if(|(until, _)| *until <= now) {
            if self.by_call.get(&call).is_some_and(|entry| entry.until <= now) {
                self.remove(call);
            }
        }
    }

    /// Removes the reservations on the host that were settled before event `before`.
    pub(super) fn remove_settled(&mut self, host: usize, before: u64) {
        let counted =
            |entry: &Entry| entry.host == host && matches!(entry.phase, Phase::Settled { at } if at < before);
        let held_before = self.by_call.len();
        self.by_call.retain(|_, entry| !counted(entry));
        self.counts[host] -= (held_before - self.by_call.len()) as u64;
    }

    /// Returns the number of reservations on the host.
    pub(super) fn count(&self, host: usize) -> u64 {
        self.counts[host]
    }
}
