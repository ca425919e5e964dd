use ori_store::{Assignment, CallStep, HostCapacity, Result};
use sqlx::{Postgres, Transaction};
use uuid::Uuid;

use super::step;
use crate::convert::{failed, optional_text};
use crate::time_limit::InTime as _;

/// Moves the call to `sent` if its host has capacity. Otherwise there is nothing to commit.
pub(super) async fn assign(
    transaction: &mut Transaction<'_, Postgres>,
    step: &CallStep,
    capacity: HostCapacity,
) -> Result<Assignment> {
    if !has_capacity(transaction, step, capacity).await? {
        return Ok(Assignment::NoCapacity);
    }
    if is_free(transaction, step.call).await? && step::step(transaction, step).await? {
        Ok(Assignment::Assigned)
    } else {
        Ok(Assignment::Superseded)
    }
}

/// Returns whether the host has capacity beside the calls that its report may not include: those that are `sent`, and
/// those that were settled after the report's number was drawn. The report includes what was settled before.
///
/// Takes the host's advisory lock, so that assignments to one host follow each other and each counts those before it.
async fn has_capacity(
    transaction: &mut Transaction<'_, Postgres>,
    step: &CallStep,
    capacity: HostCapacity,
) -> Result<bool> {
    let host = optional_text(step.host.as_ref());
    sqlx::query("select pg_advisory_xact_lock(hashtextextended($1, $2))")
        .bind(&host)
        .bind(HOST_LOCKS)
        .execute(&mut **transaction)
        .in_time()
        .await
        .map_err(failed)?;
    let uncounted: i64 = sqlx::query_scalar(
        "select (select count(*) from calls where host = $1 and status = 'sent')
              + (select count(*) from calls
                 where host = $1 and status in ('accepted', 'unknown') and settled_number >= $2)",
    )
    .bind(&host)
    .bind(capacity.number)
    .fetch_one(&mut **transaction)
    .in_time()
    .await
    .map_err(failed)?;
    Ok(u64::try_from(uncounted).is_ok_and(|uncounted| uncounted < capacity.available))
}

/// Distinguishes the locks of hosts from other advisory locks.
const HOST_LOCKS: i64 = 0x6f72_6968;

/// Locks the call unless another replica holds its lock. Returns whether it did.
async fn is_free(transaction: &mut Transaction<'_, Postgres>, call: Uuid) -> Result<bool> {
    let free = sqlx::query("select 1 from calls where id = $1 for update skip locked")
        .bind(call)
        .fetch_optional(&mut **transaction)
        .in_time()
        .await
        .map_err(failed)?;
    Ok(free.is_some())
}
