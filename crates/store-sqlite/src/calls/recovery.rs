//! Recovery of orphaned calls.

use chrono::{DateTime, Utc};
use ori_shared::call::CallStatus;
use ori_store::rows::get;
use ori_store::{Result, event_of_step};
use uuid::Uuid;

use super::transition::set_status;
use super::{idempotency, outbox};
use crate::transaction::Transaction;

/// Moves every call of the one status to the other one, deletes the idempotency records of those that were certainly not
/// dialled, and returns how many there were.
pub(super) fn recover(
    transaction: &mut Transaction<'_>,
    (from, to): (CallStatus, CallStatus),
    now: DateTime<Utc>,
) -> Result<u64> {
    let find = "select id from calls where status = ?1";
    let calls: Vec<Uuid> = transaction.all(find, [from.as_str()], |row| get(row, "id"))?;
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
