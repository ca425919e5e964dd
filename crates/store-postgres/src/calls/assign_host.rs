use ori_store::rows::{get, optional};
use ori_store::{Assignment, HostCapacity, Result, Transition};
use sqlx::{Postgres, Transaction};
use uuid::Uuid;

use super::low_water::LowWater;
use super::transition::numbered_transition;
use crate::codec::text;
use crate::error::corrupt;
use crate::statement::{ScalarQuery as _, Statement as _};

/// Moves the call to `sent` if its host has capacity. Otherwise there is nothing to commit. Also returns a number such that no
/// call with a lower one is `sent` at the host, if it is known; it is true once this has committed.
pub(super) async fn assign(
    transaction: &mut Transaction<'_, Postgres>,
    step: &Transition,
    capacity: HostCapacity,
    low_water: &LowWater,
) -> Result<(Assignment, Option<i64>)> {
    let host = step.host.as_deref().unwrap_or_default();
    lock_host(transaction, host).await?;
    let uncounted = uncounted(transaction, host, capacity, low_water.sent(host)).await?;
    let lowest = uncounted.lowest;
    if uncounted.count >= capacity.available {
        return Ok((Assignment::NoCapacity, lowest));
    }
    if !is_free(transaction, step.call).await? {
        return Ok((Assignment::Superseded, lowest));
    }
    Ok(match numbered_transition(transaction, step).await? {
        // Numbers are drawn under the host's lock: this is the highest, unless a failover set the sequence back.
        Some(number) => {
            let lowest = lowest.map_or(number, |lowest| lowest.min(number));
            (Assignment::Assigned, Some(lowest))
        }
        None => (Assignment::Superseded, lowest),
    })
}

/// Takes the host's advisory lock, so that assignments to one host follow each other and each counts those before it.
async fn lock_host(transaction: &mut Transaction<'_, Postgres>, host: &str) -> Result<()> {
    sqlx::query("select pg_advisory_xact_lock(hashtextextended($1, $2))")
        .bind(text(host))
        .bind(HOST_LOCKS)
        .run(&mut **transaction)
        .await
        .map(|_| ())
}

/// The calls that were assigned to a host and that its report may not include.
struct Uncounted {
    count: u64,
    /// The lowest number of those that are `sent`.
    lowest: Option<i64>,
}

/// Counts the calls that are `sent`, beginning at that number, and those that were settled after the report's number was drawn.
/// The report includes what was settled before.
async fn uncounted(
    transaction: &mut Transaction<'_, Postgres>,
    host: &str,
    capacity: HostCapacity,
    from: i64,
) -> Result<Uncounted> {
    let counted = sqlx::query(
        "select sent.count + (select count(*) from calls where host = $1 and status = 'sent' and sent_number is null)
                + (select count(*) from calls
                   where host = $1 and status in ('accepted', 'unknown') and settled_number >= $2) as count, sent.lowest
         from (select count(*) as count, min(sent_number) as lowest from calls
               where host = $1 and status = 'sent' and sent_number >= $3) as sent",
    )
    .bind(text(host))
    .bind(capacity.number)
    .bind(from)
    .find(&mut **transaction, |row| {
        Ok(Uncounted {
            count: get(row, "count")?,
            lowest: optional(row, "lowest")?,
        })
    });
    counted.await?.ok_or_else(|| corrupt("a count has no row"))
}

/// Distinguishes the locks of hosts from other advisory locks.
const HOST_LOCKS: i64 = 0x6f72_6968;

/// Locks the call unless another replica holds its lock. Returns whether it did.
async fn is_free(transaction: &mut Transaction<'_, Postgres>, call: Uuid) -> Result<bool> {
    let free: Option<i32> = sqlx::query_scalar("select 1 from calls where id = $1 for update skip locked")
        .bind(call)
        .find_value(&mut **transaction)
        .await?;
    Ok(free.is_some())
}
