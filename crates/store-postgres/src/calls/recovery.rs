//! Recovery of orphaned calls.

use chrono::{DateTime, TimeDelta, Utc};
use ori_shared::call::CallStatus;
use ori_store::{Result, event_of_step};
use sqlx::{Postgres, Transaction};
use uuid::Uuid;

use super::transition::set_status;
use super::{idempotency, outbox};
use crate::statement::ScalarQuery as _;

/// Moves every call of the one status to the other one that no process can be working on any more, deletes the idempotency
/// records of those that were certainly not dialled, and returns how many there were. None has an id below `lowest`.
pub(super) async fn recover(
    transaction: &mut Transaction<'_, Postgres>,
    lowest: Uuid,
    (from, to): (CallStatus, CallStatus),
    stale_after: TimeDelta,
    now: DateTime<Utc>,
) -> Result<u64> {
    // A call that another transaction is moving is not orphaned. Only the server's clock measures the time.
    let calls: Vec<Uuid> = sqlx::query_scalar(
        "select id from calls
         where status = $1 and id >= $3 and moved_at <= clock_timestamp() - make_interval(secs => $2::double precision)
         order by id for update skip locked",
    )
    .bind(from.as_str())
    .bind(stale_after.as_seconds_f64())
    .bind(lowest)
    .values(&mut **transaction)
    .await?;
    for call in &calls {
        set_status(transaction, *call, to, Some("interrupted"), now).await?;
        if to == CallStatus::Refused {
            idempotency::release(transaction, *call).await?;
        }
        // The process that would have answered the request is gone.
        if let Some(event) = event_of_step(to, true) {
            outbox::tell(transaction, *call, event, now).await?;
        }
    }
    Ok(calls.len() as u64)
}
