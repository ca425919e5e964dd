//! Who has room: what the hosts said, less what was given to them since. Pure bookkeeping without IO.
//!
//! What happened before what is told by a count of events and not by a clock, so that nothing depends on how fine
//! a clock is or on whether somebody sets it.

mod host;
mod reservations;

use std::time::Duration;

use chrono::{DateTime, Utc};
use ori_shared::fleet::{FleetStatus, HostState};
use rand_core::Rng;
use tokio::time::Instant;
use uuid::Uuid;

pub(crate) use self::host::FULL_FOR;
use self::host::HostRecord;
use self::reservations::{Entry, Phase, Reservations};
use crate::dial::DialOutcome;
use crate::fleet::ReportedCapacity;
use crate::health::Health;
use crate::host::HostId;

/// The hosts' records and the reservations.
pub(crate) struct Capacity {
    hosts: Vec<HostRecord>,
    reservations: Reservations,
    events: u64,
    rng: Box<dyn Rng + Send>,
}

/// Proves that room was reserved. The number tells two reservations for the same call apart.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ticket {
    pub(crate) call_id: Uuid,
    pub(crate) host: usize,
    number: u64,
}

impl Capacity {
    /// `limit` is how long room is held for a call of which nothing is heard.
    pub(crate) fn new(
        hosts: impl Iterator<Item = HostId>,
        limit: Duration,
        rng: Box<dyn Rng + Send>,
    ) -> Self {
        let hosts: Vec<_> = hosts.map(HostRecord::new).collect();
        Self {
            reservations: Reservations::new(hosts.len(), limit),
            hosts,
            events: 0,
            rng,
        }
    }

    /// Reservations room on the host that has the most left; ties at random.
    ///
    /// A call for which room is held gets no second: whoever asks is about to dial it twice.
    pub(crate) fn reserve(&mut self, call_id: Uuid, tried: &[HostId], now: Instant) -> Option<Ticket> {
        self.reservations.remove_overdue(now);
        if self.reservations.contains(call_id) {
            return None;
        }
        let host = self.most_available(tried, now)?;
        let number = self.tick();
        self.reservations.insert(call_id, host, number, now);
        Some(Ticket {
            call_id,
            host,
            number,
        })
    }

    /// Whether any host has room.
    pub(crate) fn has_capacity(&mut self, now: Instant) -> bool {
        self.reservations.remove_overdue(now);
        let mut hosts = self.hosts.iter().enumerate();
        hosts.any(|(host, record)| record.room(self.reservations.count(host), now) > 0)
    }

    /// Whether room is held for the call.
    pub(crate) fn has_reservation(&self, call_id: Uuid) -> bool {
        self.reservations.contains(call_id)
    }

    /// Notes that the worker is about to be asked. `false` where the reservation has ended: then it must not be.
    pub(crate) fn send(&mut self, ticket: Ticket, now: Instant) -> bool {
        self.reservations.remove_overdue(now);
        match self.entry(ticket) {
            Some(entry) if entry.phase == Phase::Reserved => {
                entry.phase = Phase::Sent;
                self.reservations.renew(ticket.call_id, now);
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
                if let Some(entry) = self.entry(ticket) {
                    entry.phase = Phase::Settled { at };
                }
            }
            DialOutcome::Refused(_) => self.give_back(ticket),
            DialOutcome::NotDialled(why) => {
                self.give_back(ticket);
                self.hosts[ticket.host].record_rejection(at, why);
            }
        }
    }

    /// Gives back what is held: other consoles have filled the host.
    pub(crate) fn mark_full(&mut self, ticket: Ticket, now: Instant) {
        self.give_back(ticket);
        self.hosts[ticket.host].mark_full(now);
    }

    /// Notes that whoever held the ticket is gone. What may have been sent stays counted, as with a lost answer.
    pub(crate) fn abandon(&mut self, ticket: Ticket) {
        let at = self.tick();
        match self.entry(ticket) {
            Some(entry) if entry.phase == Phase::Sent => entry.phase = Phase::Settled { at },
            Some(entry) if entry.phase == Phase::Reserved => self.give_back(ticket),
            _ => {}
        }
    }

    /// Gives back what is held for the call: it is over.
    pub(crate) fn release(&mut self, call_id: Uuid) {
        self.reservations.remove(call_id);
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
        self.reservations.remove_overdue(now);
        let before = self.hosts[host].state();
        let healthy = answer.is_ok();
        if self.hosts[host].learn(begun, answer, at) && healthy {
            self.reservations.remove_settled(host, begun);
        }
        let after = self.hosts[host].state();
        (after != before).then_some(after)
    }

    /// What the host last said of its room, with the number that tells when it was asked.
    pub(crate) fn reported_capacity(&self, host: usize) -> Option<ReportedCapacity> {
        self.hosts[host].reported_capacity()
    }

    /// Whether a host says that it is simulated.
    pub(crate) fn is_simulated(&self) -> bool {
        self.hosts.iter().any(HostRecord::is_simulated)
    }

    /// What the fleet can do, host by host.
    pub(crate) fn status(&mut self, now: Instant) -> FleetStatus {
        self.reservations.remove_overdue(now);
        let mut status = FleetStatus {
            simulated: self.is_simulated(),
            ..FleetStatus::default()
        };
        for (host, record) in self.hosts.iter().enumerate() {
            let reserved = self.reservations.count(host);
            let view = record.status(reserved);
            // A lying host may claim any number, which must not stop the others from being counted.
            let add = |total: u64, part: Option<u64>| total.saturating_add(part.unwrap_or(0));
            status.total_capacity = add(status.total_capacity, view.fleet_max);
            status.active_calls = add(status.active_calls, view.fleet_calls);
            status.available = add(status.available, Some(record.room(reserved, now)));
            status.hosts.push(view);
        }
        status
    }

    /// A random number from 0 up to, but not including, 1.
    pub(crate) fn chance(&mut self) -> f64 {
        f64::from(self.rng.next_u32()) / (f64::from(u32::MAX) + 1.0)
    }

    fn most_available(&mut self, tried: &[HostId], now: Instant) -> Option<usize> {
        let mut most = 1;
        let mut candidates = Vec::new();
        for (host, record) in self.hosts.iter().enumerate() {
            let room = record.room(self.reservations.count(host), now);
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

    fn entry(&mut self, ticket: Ticket) -> Option<&mut Entry> {
        self.reservations
            .get_mut(ticket.call_id)
            .filter(|entry| entry.number == ticket.number)
    }

    fn give_back(&mut self, ticket: Ticket) {
        if self.entry(ticket).is_some() {
            self.reservations.remove(ticket.call_id);
        }
    }

    fn tick(&mut self) -> u64 {
        self.events += 1;
        self.events
    }
}

#[cfg(test)]
mod tests;
