//! Moving calls on.

use ori_shared::call::CallStatus;
use ori_store::{Answer, CallStep, ClaimFate, Result, history};
use rusqlite::{Transaction, params};
use sqlx::sqlite::{SqliteConnection, SqliteRow};
use uuid::Uuid;

use super::outbox;
use super::waiting::Moves;
use crate::convert::{corrupt, failed, get, micros};
use crate::direct;

/// Whether the step can be tried without looking where the call stands: it makes no event, and moves the call from
/// where is known enough.
pub(super) fn is_plain(step: &CallStep) -> bool {
    let from_is_known =
        step.from.len() == 1 || step.from.len() == 2 && !step.from.contains(&CallStatus::Queued);
    from_is_known && step.event().is_none()
}

/// Tries a plain step; says whether it moved the call. The rule is [`CallStep::moves`]. One that does not move its call
/// is to be taken by [`take`] then.
pub(super) fn try_plain(transaction: &Transaction<'_>, step: &CallStep, moves: &mut Moves) -> Result<bool> {
    let tried = params![
        step.call,
        step.to.as_str(),
        step.reason,
        step.host,
        step.worker_call_id,
        step.room_name,
        micros(step.now),
        step.attempt,
        history::line(step.to, step.reason.as_deref(), step.now),
        step.from.first().map(|from| from.as_str()),
        step.from.get(1).map(|from| from.as_str()),
        step.attempt.is_some() && step.to != CallStatus::Sent,
        history::BACK_AND_FORTH_MAX_BYTES,
    ];
    if direct::execute(transaction, MOVE, tried)? == 0 {
        return Ok(false);
    }
    match &step.claim {
        ClaimFate::Open => {}
        ClaimFate::Answered(Answer { status, body }) => {
            direct::execute(transaction, ANSWER_CLAIM, params![step.call, status, body])?;
        }
        ClaimFate::Released => {
            direct::execute(transaction, RELEASE_CLAIM, [step.call])?;
        }
    }
    moves.step(step.call, step.from[0], step.to);
    Ok(true)
}

/// Takes a step after a look where the call stands; says whether it moved. What it tells besides where the call goes is
/// kept even if it does not go there.
pub(super) async fn take(
    connection: &mut SqliteConnection,
    step: &CallStep,
    moves: &mut Moves,
) -> Result<bool> {
    let Some((from, attempt)) = standing(connection, step.call).await? else {
        return Ok(false);
    };
    let is_moved = step.moves(from, attempt);
    let to = if is_moved { step.to } else { from };
    sqlx::query(UPDATE)
        .bind(step.call)
        .bind(to.as_str())
        .bind(&step.reason)
        .bind(&step.host)
        .bind(&step.worker_call_id)
        .bind(&step.room_name)
        .bind(micros(step.now))
        .bind(step.attempt)
        .bind(is_moved.then(|| history::line(to, step.reason.as_deref(), step.now)))
        .bind(is_moved)
        .bind(history::BACK_AND_FORTH_MAX_BYTES)
        .execute(&mut *connection)
        .await
        .map_err(failed)?;
    keep_claim(connection, step).await?;
    if is_moved {
        moves.step(step.call, from, to);
        if let Some(event) = step.event() {
            outbox::tell(connection, step.call, event, step.now).await?;
        }
    }
    Ok(is_moved)
}

/// What becomes of the idempotency key is kept whether the call moves or not.
async fn keep_claim(connection: &mut SqliteConnection, step: &CallStep) -> Result<()> {
    let kept = match &step.claim {
        ClaimFate::Open => return Ok(()),
        ClaimFate::Answered(Answer { status, body }) => {
            sqlx::query(ANSWER_CLAIM).bind(step.call).bind(status).bind(body)
        }
        ClaimFate::Released => sqlx::query(RELEASE_CLAIM).bind(step.call),
    };
    kept.execute(connection).await.map(|_| ()).map_err(failed)
}

const MOVE: &str = "update calls set status = ?2, reason = ?3, host = coalesce(?4, host), \
     worker_call_id = coalesce(?5, worker_call_id), room_name = coalesce(?6, room_name), updated_at = max(?7, updated_at + 1), \
     attempt = coalesce(?8, attempt), history = history || iif(?2 in ('queued', 'sent') and length(history) > ?13, '', ?9) \
     where id = ?1 and status in (?10, ?11) and (not ?12 or status not in ('sent', 'unknown') or attempt = ?8)";
const UPDATE: &str = "update calls set status = ?2, reason = case when ?10 then ?3 else reason end, \
     host = coalesce(?4, host), worker_call_id = coalesce(?5, worker_call_id), room_name = coalesce(?6, room_name), \
     updated_at = case when ?10 or (host, worker_call_id, room_name) is not \
         (coalesce(?4, host), coalesce(?5, worker_call_id), coalesce(?6, room_name)) \
         then max(?7, updated_at + 1) else updated_at end, attempt = case when ?10 then coalesce(?8, attempt) else attempt end, \
     history = history || iif(?2 in ('queued', 'sent') and length(history) > ?11, '', coalesce(?9, '')) where id = ?1";
const ANSWER_CLAIM: &str =
    "update idempotency_keys set answer_status = ?2, answer_body = ?3 where call_id = ?1";
const RELEASE_CLAIM: &str = "delete from idempotency_keys where call_id = ?1";

/// Where the call stands, if there is one, and the last attempt to have it dialled.
async fn standing(
    connection: &mut SqliteConnection,
    call: Uuid,
) -> Result<Option<(CallStatus, Option<Uuid>)>> {
    let row = sqlx::query("select status, attempt from calls where id = ?1")
        .bind(call)
        .fetch_optional(connection)
        .await
        .map_err(failed)?;
    row.map(|row| Ok((status_of(&row)?, get(&row, "attempt")?)))
        .transpose()
}

/// Where the call of that row stands.
pub(super) fn status_of(row: &SqliteRow) -> Result<CallStatus> {
    CallStatus::parse(get(row, "status")?).ok_or_else(|| corrupt("a call has an unknown status"))
}
