use ori_store::{CallStep, Given, HostRoom, Result};
use sqlx::{Postgres, Transaction};
use uuid::Uuid;

use super::transition;
use crate::codec::optional_text;
use crate::statement::{ScalarQuery as _, Statement as _};

/// Decides, and moves the call where the answer is yes. Nothing is to be committed where it is no.
pub(super) async fn give(
    transaction: &mut Transaction<'_, Postgres>,
    step: &CallStep,
    room: Option<HostRoom>,
) -> Result<Given> {
    if let Some(room) = room
        && !has_room(transaction, step, room).await?
    {
        return Ok(Given::NoRoom);
    }
    if !is_free(transaction, step.call).await? {
        return Ok(Given::MovedOn);
    }
    let moved = transition::transition(transaction, step).await?;
    Ok(if moved { Given::Given } else { Given::MovedOn })
}

/// Whether the host has room beside all that it was given and its answer may not have counted: what it is being asked
/// for, and what was settled after the answer's number was drawn. What was settled before that, it had in its count.
///
/// Whoever gives this host a call waits here for the others, so that each counts what those before it gave.
async fn has_room(
    transaction: &mut Transaction<'_, Postgres>,
    step: &CallStep,
    room: HostRoom,
) -> Result<bool> {
    let host = optional_text(step.host.as_ref());
    sqlx::query("select pg_advisory_xact_lock(hashtextextended($1, $2))")
        .bind(&host)
        .bind(HOST_LOCKS)
        .run(&mut **transaction)
        .await?;
    let uncounted: i64 = sqlx::query_scalar(
        "select (select count(*) from calls where host = $1 and status = 'sent')
              + (select count(*) from calls
                 where host = $1 and status in ('accepted', 'unknown') and settled_number >= $2)",
    )
    .bind(&host)
    .bind(room.number)
    .value(&mut **transaction)
    .await?;
    Ok(u64::try_from(uncounted).is_ok_and(|uncounted| uncounted < room.available))
}

/// Tells the locks of hosts from other advisory locks.
const HOST_LOCKS: i64 = 0x6f72_6968;

/// Whether nobody else is just moving the call. Who finds it taken goes on to the next, instead of waiting for this
/// one.
async fn is_free(transaction: &mut Transaction<'_, Postgres>, call: Uuid) -> Result<bool> {
    let free: Option<i32> = sqlx::query_scalar("select 1 from calls where id = $1 for update skip locked")
        .bind(call)
        .find_value(&mut **transaction)
        .await?;
    Ok(free.is_some())
}
