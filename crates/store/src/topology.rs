use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use crate::{Admission, NewCall, Result, Transition};

/// Number of processes that may use the database, with the operations that only this topology has.
#[derive(Clone)]
pub enum Topology {
    /// One process at a time.
    SingleProcess(Arc<dyn SingleProcess>),
    /// Any number of replicas.
    Replicated(Arc<dyn Replicated>),
}

/// Operations of a store that one process has to itself.
#[async_trait]
pub trait SingleProcess: Send + Sync {
    /// Does the same as [`Calls::admit_call`](crate::Calls::admit_call), and records the call as `sent` by its first
    /// attempt.
    async fn admit_and_send(&self, call: NewCall, attempt: FirstAttempt) -> Result<Admission>;

    /// Returns the calls that are `reserved` or `sent`. Before this process has admitted a call, they are those that the
    /// process before left.
    async fn orphaned_calls(&self) -> Result<Vec<Uuid>>;

    /// Recovers those of the calls that are still `reserved` or `sent`.
    async fn recover_calls(&self, calls: Vec<Uuid>, now: DateTime<Utc>) -> Result<Recovered>;
}

/// Operations that replicas coordinate by.
#[async_trait]
pub trait Replicated: Send + Sync {
    /// Moves the call to `sent` if it has a status from which the step is valid and the step's host has capacity beside
    /// the calls that any replica has assigned to it. [`Assignment::Assigned`] is returned to exactly one caller, which
    /// then may send.
    async fn assign_host(&self, step: Transition, capacity: HostCapacity) -> Result<Assignment>;

    /// Returns a number that is larger than each that any replica has drawn before.
    async fn next_sequence(&self) -> Result<i64>;

    /// Recovers the calls that have been `reserved` or `sent` for so long that no process can be working on them.
    async fn recover_orphaned_calls(&self, stale_after: StaleAfter, now: DateTime<Utc>) -> Result<Recovered>;
}

/// The first attempt at a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FirstAttempt {
    /// Distinguishes it from later ones.
    pub id: Uuid,
    /// The voice host.
    pub host: String,
}

/// Capacity that a host reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HostCapacity {
    /// Free capacity.
    pub available: u64,
    /// Drawn ([`Replicated::next_sequence`]) before it was polled: its report includes what was settled before that.
    pub number: i64,
}

/// Outcome of [`Replicated::assign_host`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Assignment {
    /// The caller may send the call to the host.
    Assigned,
    /// The host has no capacity.
    NoCapacity,
    /// The call has another status, or another replica is assigning it.
    Superseded,
}

/// Times after which no process can be working on a call of that status any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StaleAfter {
    /// Limit for `reserved`.
    pub reserved: TimeDelta,
    /// Limit for `sent`.
    pub sent: TimeDelta,
}

/// Numbers of recovered calls. Queued calls keep waiting.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Recovered {
    /// Calls that may have been sent, and are now `unknown`.
    pub unknown: u64,
    /// Calls that never were, and are now `refused`. Their idempotency records are released.
    pub refused: u64,
}
