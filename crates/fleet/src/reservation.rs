//! Room that is held for a call.

use std::fmt;
use std::sync::Arc;

use tokio::time::Instant;
use uuid::Uuid;

use crate::capacity::{FULL_FOR, Ticket};
use crate::dial::{Dial, DialOutcome, NotDialled};
use crate::fleet::{Inner, ReportedCapacity};
use crate::host::HostId;

/// Room on a host that no other call gets. Dropped unused, it is given back.
///
/// Dropped while the worker is being asked, it stays counted: the call may be under way.
#[must_use = "a reservation that is dropped is given back"]
pub struct Reservation {
    pub(crate) fleet: Arc<Inner>,
    pub(crate) ticket: Ticket,
}

impl Reservation {
    /// The host that is to dial.
    #[must_use]
    pub fn host(&self) -> &HostId {
        &self.fleet.address(self.ticket.host).id
    }

    /// The call that the room is held for.
    #[must_use]
    pub fn call_id(&self) -> Uuid {
        self.ticket.call_id
    }

    /// What the host last said of its room. `None` where that cannot be compared with what other consoles gave it.
    #[must_use]
    pub fn reported_capacity(&self) -> Option<ReportedCapacity> {
        self.fleet.capacity().reported_capacity(self.ticket.host)
    }

    /// Gives the room back since other consoles have filled the host. It gets no call for [`FULL_FOR`]: their calls may end
    /// at any time, which this console does not learn.
    pub fn mark_full(self) {
        self.fleet.capacity().mark_full(self.ticket, Instant::now());
        let fleet = Arc::clone(&self.fleet);
        // Wakes the queue once the host may be asked again.
        tokio::spawn(async move {
            tokio::time::sleep(FULL_FOR).await;
            fleet.free(|_| ());
        });
    }

    /// Asks the host to dial: once, whatever comes of it.
    ///
    /// Record before this that the call may have been sent. If the future is dropped, the call's outcome is unknown.
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
        // What goes well stands in the call log; a line for each call would cost more than to keep it.
        if matches!(outcome, DialOutcome::Accepted { .. }) {
            tracing::debug!(call_id = %ticket.call_id, host = %self.host(), %outcome, "a voice host was asked to dial");
        } else {
            tracing::info!(call_id = %ticket.call_id, host = %self.host(), %outcome, "a voice host was asked to dial");
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
