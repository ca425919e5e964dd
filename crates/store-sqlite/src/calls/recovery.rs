//! Recovery of orphaned calls.

use chrono::{DateTime, Utc};
use ori_shared::call::CallStatus;
use ori_store::rows::get;
use ori_store::{Recovered, Result, event_of_step};
use sqlx::SqlitePool;
use uuid::Uuid;

use super::transition::set_status;
use super::{idempotency, outbox};
use crate::error::read_failed;
use crate::transaction::Transaction;

/// Returns the calls that a process that was killed now would leave.
pub(super) async fn orphaned(readers: &SqlitePool) -> Result<Vec<Uuid>> {
    sqlx::query_scalar("select id from calls where status in ('reserved', 'sent')")
        .fetch_all(readers)
        .await
        .map_err(read_failed)
}

/// Moves those of the calls that are `sent` to `unknown`. Moves those that are `reserved`, and so were certainly not dialled,
/// to `refused`, and deletes their idempotency records.
pub(super) fn recover(
    transaction: &mut Transaction<'_>,
    calls: &[Uuid],
    now: DateTime<Utc>,
) -> Result<Recovered> {
    let mut recovered = Recovered::default();
    for call in calls {
        let find = "select status from calls where id = ?1";
        let to = match transaction.find(find, [call], |row| get(row, "status"))? {
            Some(from @ CallStatus::Sent) => {
                recovered.unknown += 1;
                (from, CallStatus::Unknown)
            }
            Some(from @ CallStatus::Reserved) => {
                recovered.refused += 1;
                idempotency::release(transaction, *call)?;
                (from, CallStatus::Refused)
            }
            _ => continue,
        };
        set_status(transaction, *call, to, "interrupted", now)?;
        // The process that would have answered the request is gone.
        if let Some(event) = event_of_step(to.1, true) {
            outbox::put(transaction, *call, event, now)?;
        }
    }
    Ok(recovered)
}
