//! Recovery of orphaned calls.

use chrono::{DateTime, TimeDelta, Utc};
use ori_shared::call::CallStatus;
use ori_store::rows::get;
use ori_store::{Result, event_of_step};
use rusqlite::params;
use uuid::Uuid;

use super::transition::set_status;
use super::{idempotency, outbox};
use crate::codec::micros;
use crate::transaction::Transaction;

/// Moves every call of the one status that has not changed for that long to the other one, deletes the idempotency records
/// of those that were certainly not dialled, and returns how many there were.
pub(super) fn recover(
    transaction: &mut Transaction<'_>,
    (from, to): (CallStatus, CallStatus),
    stale_after: Option<TimeDelta>,
    now: DateTime<Utc>,
) -> Result<u64> {
    let find = "select id from calls where status = ?1 and (?2 is null or updated_at <= ?2)";
    let stale_since = stale_after.map(|stale_after| micros(now - stale_after));
    let values = params![from.as_str(), stale_since];
    let calls: Vec<Uuid> = transaction.all(find, values, |row| get(row, "id"))?;
    for call in &calls {
        set_status(transaction, *call, (from, to), "interrupted", now)?;
        if to == CallStatus::Refused {
            idempotency::release(transaction, *call)?;
        }
        // The process that would have answered the request is gone.
        if let Some(event) = event_of_step(to, true) {
            outbox::put(transaction, *call, event, now)?;
        }
    }
    Ok(calls.len() as u64)
}
