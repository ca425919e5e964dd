//! Transitions of calls.

use chrono::{DateTime, Utc};
use ori_shared::call::CallStatus;
use ori_store::rows::{get, optional};
use ori_store::{Result, Transition};
use sqlx::{Postgres, Transaction};
use uuid::Uuid;

use super::{idempotency, outbox, status_history};
use crate::codec::{optional_text, text};
use crate::error::corrupt;
use crate::statement::{ScalarQuery as _, Statement as _};

/// The `updated_at` of a call that changes at that time: it grows with each change, in the order of the commits since the
/// row is locked, whatever the clocks of the replicas say.
macro_rules! later {
    ($now:literal) => {
        concat!(
            "greatest(",
            $now,
            ", calls.updated_at + interval '1 microsecond')"
        )
    };
}

pub(super) use later;

/// Moves a call if the step applies to it, and returns whether it did. What the step says of the host and of the
/// idempotency record is stored either way.
pub(super) async fn transition(
    transaction: &mut Transaction<'_, Postgres>,
    step: &Transition,
) -> Result<bool> {
    Ok(numbered_transition(transaction, step).await?.is_some())
}

/// Does the same, and returns the number that the call drew when it last became `sent`, or 0, if it moved.
pub(super) async fn numbered_transition(
    transaction: &mut Transaction<'_, Postgres>,
    step: &Transition,
) -> Result<Option<i64>> {
    let Some((status, attempt)) = standing(transaction, step.call).await? else {
        return Ok(None);
    };
    let moves = step.moves(status, attempt);
    let (to, reason) = if moves {
        (step.to, step.reason.as_deref())
    } else {
        (status, None)
    };
    let sent_number: Option<i64> = sqlx::query_scalar(concat!(
        "update calls set status = $2, reason = case when $3 then $4 else reason end, host = coalesce($5, host),
                worker_call_id = coalesce($6, worker_call_id), room_name = coalesce($7, room_name),
                updated_at = case when $3 or (host, worker_call_id, room_name) is distinct from
                                              (coalesce($5, host), coalesce($6, worker_call_id), coalesce($7, room_name))
                                  then ", later!("$8"), " else updated_at end,
                attempt = case when $3 then coalesce($9, attempt) else attempt end,
                moved_at = case when $3 then clock_timestamp() else moved_at end,
                settled_number = case when $3 and $2 in ('accepted', 'unknown') then nextval('fleet_numbers')
                                      else settled_number end,
                sent_number = case when $3 and $2 = 'sent' then nextval('fleet_numbers') else sent_number end,
                history = case when $3 and not ($2 in ('queued', 'sent') and coalesce(octet_length(history), 0) > $11) then ",
        status_history::with_line!("$10"),
        " else history end where id = $1 returning sent_number"
    ))
    .bind(step.call)
    .bind(to.as_str())
    .bind(moves)
    .bind(reason.map(text))
    .bind(optional_text(step.host.as_ref()))
    .bind(optional_text(step.worker_call_id.as_ref()))
    .bind(optional_text(step.room_name.as_ref()))
    .bind(step.now)
    .bind(step.attempt)
    .bind(status_history::encode(to, reason, step.now))
    .bind(ori_store::status_history::BACK_AND_FORTH_MAX_BYTES)
    .value(&mut **transaction)
    .await?;
    if moves && let Some(event) = step.event() {
        outbox::tell(transaction, step.call, event, step.now).await?;
    }
    idempotency::update(transaction, step.call, &step.claim).await?;
    Ok(moves.then_some(sent_number.unwrap_or_default()))
}

/// Moves a call there, whatever its status.
pub(super) async fn set_status(
    transaction: &mut Transaction<'_, Postgres>,
    call: Uuid,
    status: CallStatus,
    reason: Option<&str>,
    now: DateTime<Utc>,
) -> Result<()> {
    let updated = sqlx::query(concat!(
        "update calls set status = $2, reason = $3, updated_at = ", later!("$4"), ", moved_at = clock_timestamp(),
                settled_number = case when $2 = 'unknown' then nextval('fleet_numbers') else settled_number end, history = ",
        status_history::with_line!("$5"),
        " where id = $1"
    ))
    .bind(call)
        .bind(status.as_str())
        .bind(reason.map(text))
        .bind(now)
        .bind(status_history::encode(status, reason, now))
        .run(&mut **transaction)
        .await?;
    if updated != 1 {
        return Err(corrupt("a call that was just read is not there"));
    }
    Ok(())
}

/// Returns the status of the call and locks it.
pub(super) async fn status(
    transaction: &mut Transaction<'_, Postgres>,
    call: Uuid,
) -> Result<Option<CallStatus>> {
    Ok(standing(transaction, call).await?.map(|(status, _)| status))
}

/// Returns the status of the call and its last attempt, and locks it.
async fn standing(
    transaction: &mut Transaction<'_, Postgres>,
    call: Uuid,
) -> Result<Option<(CallStatus, Option<Uuid>)>> {
    sqlx::query("select status, attempt from calls where id = $1 for update")
        .bind(call)
        .find(&mut **transaction, |row| {
            Ok((get(row, "status")?, optional(row, "attempt")?))
        })
        .await
}
