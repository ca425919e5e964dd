//! Behaviour that depends on whether replicas share the database. Chosen once, at start-up.

use std::sync::Arc;
use std::time::Duration;

use ori_fleet::{Numbers, Reservation};
use ori_store::{
    Assignment, HostCapacity, Replicated, SingleProcess, Store, StoreError, Topology, Transition,
};

use crate::error::ApiError;

/// Coordination of this process with others.
pub struct Coordination {
    store: Arc<dyn Store>,
    topology: Topology,
}

impl Coordination {
    /// Reads the topology of the store.
    #[must_use]
    pub fn of(store: &Arc<dyn Store>) -> Self {
        Self {
            topology: store.clone().topology(),
            store: store.clone(),
        }
    }

    /// Returns the operations of a process that has the database to itself.
    #[must_use]
    pub fn single_process(&self) -> Option<&Arc<dyn SingleProcess>> {
        match &self.topology {
            Topology::SingleProcess(store) => Some(store),
            Topology::Replicated(_) => None,
        }
    }

    /// Returns the operations by which replicas coordinate.
    #[must_use]
    pub fn replicated(&self) -> Option<&Arc<dyn Replicated>> {
        match &self.topology {
            Topology::SingleProcess(_) => None,
            Topology::Replicated(store) => Some(store),
        }
    }

    /// Returns the source of the numbers that order polls and outcomes between replicas.
    #[must_use]
    pub fn numbers(&self) -> Option<Numbers> {
        let store = self.replicated()?.clone();
        Some(Arc::new(move || {
            let store = store.clone();
            Box::pin(async move {
                let number = store.next_sequence().await;
                // Without a number, no call is assigned by the poll's report.
                number.map_err(|error| ApiError::from(error).log()).ok()
            })
        }))
    }

    /// Moves the call to `sent` by a step that names the reservation's host. Alone, the process has counted the host's
    /// capacity itself; beside replicas, the database counts what all of them assigned.
    ///
    /// # Errors
    /// Returns the error of the database.
    pub async fn assign(
        &self,
        step: Transition,
        reservation: &Reservation,
    ) -> Result<Assignment, StoreError> {
        match &self.topology {
            Topology::SingleProcess(_) => match self.store.transition_call(step).await? {
                true => Ok(Assignment::Assigned),
                false => Ok(Assignment::Superseded),
            },
            Topology::Replicated(store) => match reservation.reported_capacity() {
                Some(room) => {
                    let capacity = HostCapacity {
                        available: room.available,
                        number: room.number,
                    };
                    store.assign_host(step, capacity).await
                }
                None => Ok(Assignment::NoCapacity),
            },
        }
    }

    /// Returns how often to look for work that another replica added, or left when it died. A single process is notified
    /// of all work.
    #[must_use]
    pub fn rescan_interval(&self) -> Option<Duration> {
        self.replicated().map(|_| RESCAN_INTERVAL)
    }
}

const RESCAN_INTERVAL: Duration = Duration::from_secs(5);
