use ori_store::{CallStep, Given, HostRoom, Result};
use sqlx::{Postgres, Transaction};
use uuid::Uuid;

use super::low_water::LowWater;
use super::step;
use crate::convert::{failed, get, text};
use crate::time_limit::InTime as _;

/// Decides, and moves the call where the answer is yes. Nothing is to be committed where it is no. Also returns a number
/// such that no call with a lower one is `sent` at the host, if it is known; it is true once this has committed.
pub(super) async fn give(
    transaction: &mut Transaction<'_, Postgres>,
    step: &CallStep,
    room: Option<HostRoom>,
    low_water: &LowWater,
) -> Result<(Given, Option<i64>)> {
    let mut lowest = None;
    if let (Some(room), Some(host)) = (room, step.host.as_deref()) {
        lock_host(transaction, host).await?;
        let asked = uncounted(transaction, host, room, low_water.sent(host)).await?;
        lowest = asked.lowest;
        if asked.count >= room.available {
            return Ok((Given::NoRoom, lowest));
        }
    }
    if !is_free(transaction, step.call).await? {
        return Ok((Given::MovedOn, lowest));
    }
    Ok(match step::numbered_step(transaction, step).await? {
        // Numbers are drawn under the host's lock: this is the highest, unless a failover set the sequence back.
        Some(number) => {
            let lowest = lowest.map_or(number, |lowest| lowest.min(number));
            (Given::Given, room.map(|_| lowest))
        }
        None => (Given::MovedOn, lowest),
    })
}

/// Whoever gives this host a call waits here for the others, so that each counts what those before it gave.
async fn lock_host(transaction: &mut Transaction<'_, Postgres>, host: &str) -> Result<()> {
    sqlx::query("select pg_advisory_xact_lock(hashtextextended($1, $2))")
        .bind(text(host))
        .bind(HOST_LOCKS)
        .execute(&mut **transaction)
        .in_time()
        .await
        .map_err(failed)?;
    Ok(())
}

/// The calls that the host was given and its health answer may not have counted.
struct Uncounted {
    count: u64,
    /// The lowest number of those that it is being asked for.
    lowest: Option<i64>,
}

/// Counts what the host is being asked for, beginning at that number, and what was settled after the health answer's number
/// was drawn. What was settled before that, the host had in its count.
async fn uncounted(
    transaction: &mut Transaction<'_, Postgres>,
    host: &str,
    room: HostRoom,
    from: i64,
) -> Result<Uncounted> {
    let row = sqlx::query(
        "select sent.count + (select count(*) from calls where host = $1 and status = 'sent' and sent_number is null)
                + (select count(*) from calls
                   where host = $1 and status in ('accepted', 'unknown') and settled_number >= $2) as count, sent.lowest
         from (select count(*) as count, min(sent_number) as lowest from calls
               where host = $1 and status = 'sent' and sent_number >= $3) as sent",
    )
    .bind(text(host))
    .bind(room.number)
    .bind(from)
    .fetch_one(&mut **transaction)
    .in_time()
    .await
    .map_err(failed)?;
    Ok(Uncounted {
        count: get::<i64, _>(&row, "count")?.cast_unsigned(),
        lowest: get(&row, "lowest")?,
    })
}

/// Tells the locks of hosts from other advisory locks.
const HOST_LOCKS: i64 = 0x6f72_6968;

/// Whether nobody else is just moving the call. Who finds it taken goes on to the next, instead of waiting for this
/// one.
async fn is_free(transaction: &mut Transaction<'_, Postgres>, call: Uuid) -> Result<bool> {
    let free = sqlx::query("select 1 from calls where id = $1 for update skip locked")
        .bind(call)
        .fetch_optional(&mut **transaction)
        .in_time()
        .await
        .map_err(failed)?;
    Ok(free.is_some())
}
