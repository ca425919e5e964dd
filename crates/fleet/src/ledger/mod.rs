//! Who has room: what the hosts said, less what was given to them since. Pure bookkeeping without IO.
//!
//! What happened before what is told by a count of events and not by a clock, so that nothing depends on how fine
//! a clock is or on whether somebody sets it.

mod host;

use std::collections::HashMap;
use std::time::Duration;

use chrono::{DateTime, Utc};
use ori_shared::fleet::{FleetStatus, HostState};
use rand_core::Rng;
use tokio::time::Instant;
use uuid::Uuid;

use self::host::HostRecord;
use crate::dial::DialOutcome;
use crate::fleet::HostRoom;
use crate::health::Health;
use crate::host::HostId;

/// The hosts' records and the reservations.
pub(crate) struct Ledger {
    hosts: Vec<HostRecord>,
    held: HashMap<Uuid, Held>,
    events: u64,
    limit: Duration,
    rng: Box<dyn Rng + Send>,
}

/// Room that is held for a call.
struct Held {
    host: usize,
    number: u64,
    phase: Phase,
    /// When the room is given back whatever became of the call.
    until: Instant,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Nothing was sent yet.
    Reserved,
    /// The worker is being asked.
    Sent,
    /// The call takes place, or may: held until a health answer counts it.
    Settled { at: u64 },
}

/// Proves that room was reserved. The number tells two reservations for the same call apart.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ticket {
    pub(crate) call_id: Uuid,
    pub(crate) host: usize,
    number: u64,
}

impl Ledger {
    /// `limit` is how long room is held for a call of which nothing is heard.
    pub(crate) fn new(
        hosts: impl Iterator<Item = HostId>,
        limit: Duration,
        rng: Box<dyn Rng + Send>,
    ) -> Self {
        Self {
            hosts: hosts.map(HostRecord::new).collect(),
            held: HashMap::new(),
            events: 0,
            limit,
            rng,
        }
    }

    /// Holds room on the host that has the most left; ties at random.
    ///
    /// A call for which room is held gets no second: whoever asks is about to dial it twice.
    pub(crate) fn reserve(&mut self, call_id: Uuid, tried: &[HostId], now: Instant) -> Option<Ticket> {
        self.give_back_overdue(now);
        if self.held.contains_key(&call_id) {
            return None;
        }
        let host = self.roomiest(tried)?;
        let number = self.tick();
        let held = Held {
            host,
            number,
            phase: Phase::Reserved,
            until: now + self.limit,
        };
        self.held.insert(call_id, held);
        Some(Ticket {
            call_id,
            host,
            number,
        })
    }

    /// Notes that the worker is about to be asked. `false` where the reservation has ended: then it must not be.
    pub(crate) fn send(&mut self, ticket: Ticket, now: Instant) -> bool {
        self.give_back_overdue(now);
        let until = now + self.limit;
        match self.held(ticket) {
            Some(held) if held.phase == Phase::Reserved => {
                held.phase = Phase::Sent;
                held.until = until;
                true
            }
            _ => false,
        }
    }

    /// Notes what came of asking the worker.
    pub(crate) fn settle(&mut self, ticket: Ticket, outcome: &DialOutcome) {
        let at = self.tick();
        match outcome {
            DialOutcome::Accepted { .. } | DialOutcome::Unknown { .. } => {
                if let Some(held) = self.held(ticket) {
                    held.phase = Phase::Settled { at };
                }
            }
            DialOutcome::Refused(_) => self.give_back(ticket),
            DialOutcome::NotDialled(why) => {
                self.give_back(ticket);
                self.hosts[ticket.host].turned_away(at, why);
            }
        }
    }

    /// Notes that whoever held the ticket is gone. What may have been sent stays counted, as with a lost answer.
    pub(crate) fn abandon(&mut self, ticket: Ticket) {
        let at = self.tick();
        match self.held(ticket) {
            Some(held) if held.phase == Phase::Sent => held.phase = Phase::Settled { at },
            Some(held) if held.phase == Phase::Reserved => self.give_back(ticket),
            _ => {}
        }
    }

    /// Gives back what is held for the call: it is over.
    pub(crate) fn release(&mut self, call_id: Uuid) {
        self.held.remove(&call_id);
    }

    /// Marks the start of a question after a host's health.
    pub(crate) fn begin_check(&mut self) -> u64 {
        self.tick()
    }

    /// Takes in a host's health, or why it could not be learned. Tells the host's new state if it changed.
    ///
    /// A healthy answer counts every call that was settled before the question `begun`, so these are held no longer.
    pub(crate) fn end_check(
        &mut self,
        host: usize,
        begun: u64,
        answer: Result<Health, String>,
        (at, now): (DateTime<Utc>, Instant),
    ) -> Option<HostState> {
        self.give_back_overdue(now);
        let before = self.hosts[host].state();
        let healthy = answer.is_ok();
        if self.hosts[host].learn(begun, answer, at) && healthy {
            self.held.retain(|_, held| {
                held.host != host || !matches!(held.phase, Phase::Settled { at } if at < begun)
            });
        }
        let after = self.hosts[host].state();
        (after != before).then_some(after)
    }

    /// What the host last said of its room, with the number that tells when it was asked.
    pub(crate) fn host_room(&self, host: usize) -> Option<HostRoom> {
        self.hosts[host].host_room()
    }

    /// Whether a host says that it is simulated.
    pub(crate) fn is_simulated(&self) -> bool {
        self.hosts.iter().any(HostRecord::is_simulated)
    }

    /// What the fleet can do, host by host.
    pub(crate) fn status(&mut self, now: Instant) -> FleetStatus {
        self.give_back_overdue(now);
        let mut status = FleetStatus {
            simulated: self.is_simulated(),
            ..FleetStatus::default()
        };
        for (host, record) in self.hosts.iter().enumerate() {
            let reserved = self.reserved(host);
            let view = record.status(reserved);
            // A lying host may claim any number, which must not stop the others from being counted.
            let add = |total: u64, part: Option<u64>| total.saturating_add(part.unwrap_or(0));
            status.total_capacity = add(status.total_capacity, view.fleet_max);
            status.active_calls = add(status.active_calls, view.fleet_calls);
            status.available = add(status.available, Some(record.room(reserved)));
            status.hosts.push(view);
        }
        status
    }

    /// A random number from 0 up to, but not including, 1.
    pub(crate) fn chance(&mut self) -> f64 {
        f64::from(self.rng.next_u32()) / (f64::from(u32::MAX) + 1.0)
    }

    fn roomiest(&mut self, tried: &[HostId]) -> Option<usize> {
        let mut most = 1;
        let mut candidates = Vec::new();
        for (host, record) in self.hosts.iter().enumerate() {
            let room = record.room(self.reserved(host));
            if room < most || tried.contains(record.id()) {
                continue;
            }
            if room > most {
                most = room;
                candidates.clear();
            }
            candidates.push(host);
        }
        let count = u64::try_from(candidates.len()).ok().filter(|count| *count > 0)?;
        let chosen = usize::try_from(self.rng.next_u64() % count).ok()?;
        candidates.get(chosen).copied()
    }

    fn reserved(&self, host: usize) -> u64 {
        self.held
            .values()
            .filter(|held| held.host == host)
            .map(|_| 1)
            .sum()
    }

    fn held(&mut self, ticket: Ticket) -> Option<&mut Held> {
        self.held
            .get_mut(&ticket.call_id)
            .filter(|held| held.number == ticket.number)
    }

    fn give_back(&mut self, ticket: Ticket) {
        if self.held(ticket).is_some() {
            self.held.remove(&ticket.call_id);
        }
    }

    fn give_back_overdue(&mut self, now: Instant) {
        self.held.retain(|_, held| held.until > now);
    }

    fn tick(&mut self) -> u64 {
        self.events += 1;
        self.events
    }
}

#[cfg(test)]
mod tests;
