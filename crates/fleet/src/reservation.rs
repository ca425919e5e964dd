//! Capacity that is reserved for a call.

use std::fmt;
use std::sync::Arc;

use tokio::time::Instant;
use uuid::Uuid;

use crate::capacity::{FULL_FOR, Ticket};
use crate::dial::{Dial, DialOutcome, NotDialled};
use crate::fleet::{Inner, ReportedCapacity};
use crate::host::HostId;

/// Capacity on a host, reserved for one call. Dropping an unused reservation releases it.
///
/// If it is dropped while the attempt is in flight, it stays counted: the call may take place.
#[must_use = "a reservation is released when it is dropped"]
pub struct Reservation {
    pub(crate) fleet: Arc<Inner>,
    pub(crate) ticket: Ticket,
}

impl Reservation {
    /// Returns the host that is to dial.
    #[must_use]
    pub fn host(&self) -> &HostId {
        &self.fleet.address(self.ticket.host).id
    }

    /// Returns the id of the call.
    #[must_use]
    pub fn call_id(&self) -> Uuid {
        self.ticket.call_id
    }

    /// Returns the capacity that the host last reported, or `None` if it cannot be compared with the assignments of other
    /// consoles.
    #[must_use]
    pub fn reported_capacity(&self) -> Option<ReportedCapacity> {
        self.fleet.capacity().reported_capacity(self.ticket.host)
    }

    /// Releases the reservation and offers the host no calls for a second, because other consoles have filled it. Their
    /// calls may end at any time, of which this console is not notified.
    pub fn mark_full(self) {
        self.fleet.capacity().mark_full(self.ticket, Instant::now());
        let fleet = Arc::clone(&self.fleet);
        // Wakes the queue when the host is offered calls again.
        tokio::spawn(async move {
            tokio::time::sleep(FULL_FOR).await;
            fleet.free(|_| ());
        });
    }

    /// Sends the dial request to the host, once, whatever its outcome.
    ///
    /// Record beforehand that the call may have been sent. If the future is dropped, the outcome of the call is unknown.
    pub async fn dial(self, dial: &Dial) -> DialOutcome {
        let ticket = self.ticket;
        if !self.fleet.capacity().send(ticket, Instant::now()) {
            return DialOutcome::NotDialled(NotDialled::Lapsed);
        }
        let outcome = self
            .fleet
            .client
            .dial(self.fleet.address(ticket.host), dial)
            .await;
        self.fleet.free(|capacity| capacity.settle(ticket, &outcome));
        // Accepted calls are in the call log; a log line for each would cost more than recording the call.
        if matches!(outcome, DialOutcome::Accepted { .. }) {
            tracing::debug!(call_id = %ticket.call_id, host = %self.host(), %outcome, "dial request completed");
        } else {
            tracing::info!(call_id = %ticket.call_id, host = %self.host(), %outcome, "dial request completed");
        }
        outcome
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        let ticket = self.ticket;
        self.fleet.free(|capacity| capacity.abandon(ticket));
    }
}

impl fmt::Debug for Reservation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reservation")
            .field("call_id", &self.call_id())
            .field("host", self.host())
            .finish_non_exhaustive()
    }
}
