//! Capacity accounting: the capacity that each host reported, less the reservations made since. No IO.
//!
//! Events are ordered by a counter instead of a clock, so that neither the clock's resolution nor a clock step matters.

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

/// Capacity and reservations of all hosts.
pub(crate) struct Capacity {
    hosts: Vec<HostRecord>,
    reservations: Reservations,
    events: u64,
    rng: Box<dyn Rng + Send>,
}

/// Identifies a reservation. `number` distinguishes successive reservations for the same call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ticket {
    pub(crate) call_id: Uuid,
    pub(crate) host: usize,
    number: u64,
}

impl Capacity {
    /// Creates the accounting for these hosts. A reservation expires after `limit`.
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

    /// Reserves capacity on the host with the most available; ties are broken at random.
    ///
    /// Returns `None` if no host has capacity, or if the call already has a reservation: a second one would let it be
    /// dialled twice.
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

    /// Returns whether any host has capacity.
    pub(crate) fn has_capacity(&mut self, now: Instant) -> bool {
        self.reservations.remove_overdue(now);
        let mut hosts = self.hosts.iter().enumerate();
        hosts.any(|(host, record)| record.room(self.reservations.count(host), now) > 0)
    }

    /// Returns whether the call has a reservation.
    pub(crate) fn has_reservation(&self, call_id: Uuid) -> bool {
        self.reservations.contains(call_id)
    }

    /// Marks the attempt as sent. Returns `false` if the reservation has ended: then the attempt must not be sent.
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

    /// Records the outcome of the attempt.
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

    /// Releases the reservation and marks the host as full because other consoles have used its capacity.
    pub(crate) fn mark_full(&mut self, ticket: Ticket, now: Instant) {
        self.give_back(ticket);
        self.hosts[ticket.host].mark_full(now);
    }

    /// Handles the drop of a reservation. An attempt that may have been sent stays counted, as after a lost response.
    pub(crate) fn abandon(&mut self, ticket: Ticket) {
        let at = self.tick();
        match self.entry(ticket) {
            Some(entry) if entry.phase == Phase::Sent => entry.phase = Phase::Settled { at },
            Some(entry) if entry.phase == Phase::Reserved => self.give_back(ticket),
            _ => {}
        }
    }

    /// Releases the reservation of a call that has ended.
    pub(crate) fn release(&mut self, call_id: Uuid) {
        self.reservations.remove(call_id);
    }

    /// Marks the start of a health check and returns its event number.
    pub(crate) fn begin_check(&mut self) -> u64 {
        self.tick()
    }

    /// Records the result of the health check that began at event `begun`. Returns the host's new state if it changed.
    ///
    /// A healthy response counts every call that was settled before `begun`, so their reservations are released.
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

    /// Returns the capacity that the host last reported, with the number of that health check.
    pub(crate) fn reported_capacity(&self, host: usize) -> Option<ReportedCapacity> {
        self.hosts[host].reported_capacity()
    }

    /// Returns whether a host reports that it is simulated.
    pub(crate) fn is_simulated(&self) -> bool {
        self.hosts.iter().any(HostRecord::is_simulated)
    }

    /// Returns the status of every host and the totals.
    pub(crate) fn status(&mut self, now: Instant) -> FleetStatus {
        self.reservations.remove_overdue(now);
        let mut status = FleetStatus {
            simulated: self.is_simulated(),
            ..FleetStatus::default()
        };
        for (host, record) in self.hosts.iter().enumerate() {
            let reserved = self.reservations.count(host);
            let view = record.status(reserved);
            // A faulty host may report any number, which must not overflow the totals.
            let add = |total: u64, part: Option<u64>| total.saturating_add(part.unwrap_or(0));
            status.total_capacity = add(status.total_capacity, view.fleet_max);
            status.active_calls = add(status.active_calls, view.fleet_calls);
            status.available = add(status.available, Some(record.room(reserved, now)));
            status.hosts.push(view);
        }
        status
    }

    /// Returns a random number in the range 0..1.
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
