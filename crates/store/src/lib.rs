//! The storage contract that both engines implement.
//!
//! Each method is one transaction, committed when it returns `Ok`, and without effect when it returns an error other than
//! [`StoreError::Indeterminate`]. Look-ups return `Option`; a change returns whether its row existed. `now` is always an
//! argument. Each engine is a crate of its own that passes the suite in `contract`.

mod accounts;
mod api_keys;
mod call_list;
mod calls;
#[cfg(feature = "contract")]
pub mod contract;
mod error;
pub mod export;
pub mod rows;
mod sessions;
pub mod status_history;
mod supervise;
mod topology;
mod webhooks;

use std::sync::Arc;

use async_trait::async_trait;

pub use accounts::{Account, Accounts, Credentials, NewAccount};
pub use api_keys::{
    ApiKey, ApiKeyChange, ApiKeyQuery, ApiKeys, ImportedApiKey, KnownKey, ListPage, MATCHES_COUNTED,
    MAX_ROWS_COUNTED, MAX_ROWS_SCANNED, NewApiKey, Position, SortSpec,
};
pub use call_list::{Beginning, CallReader, CallScan, Comparison, LOOKED_THROUGH_CALLS, list_calls};
pub use calls::{
    Admission, Answer, Call, CallOrder, CallQuery, CallRecord, CallResult, Calls, IdempotencyRecord,
    IdempotencyUpdate, NewCall, QueuedCall, Rejection, Transition, lowest_call_id,
};
pub use error::{DiskFull, Result, StoreError};
pub use sessions::{NewSession, Session, SessionLimits, Sessions};
pub use supervise::restart_on_panic;
pub use topology::{
    Assignment, FirstAttempt, HostCapacity, Recovered, Replicated, SingleProcess, StaleAfter, Topology,
};
pub use webhooks::{
    Attempt, DeliveryQuery, DueDelivery, DueWebhook, EXPIRED, FAILING, Fate, GONE, LeaseRequest, NewEvent,
    NewWebhook, Replay, SetWebhook, WEBHOOK_DISABLED, WEBHOOK_REMOVED, Webhook, Webhooks, allot, back_off,
    event_id, event_of_result, event_of_step, is_failing,
};

/// Cuts a page that was read with one row more than wanted, and returns whether there was one more.
pub fn cut<T>(rows: &mut Vec<T>, limit: u32) -> bool {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let is_more = rows.len() > limit;
    rows.truncate(limit);
    is_more
}

/// Everything that an engine keeps.
#[async_trait]
pub trait Store: Accounts + ApiKeys + Calls + Sessions + Webhooks {
    /// Asks the database for an answer.
    async fn ping(&self) -> Result<()>;

    /// Returns how many processes may use the database. It never changes, so start-up reads it once.
    fn topology(self: Arc<Self>) -> Topology;

    /// Writes what is buffered and lets go of the database. No other method may be called afterwards.
    async fn close(&self);
}
