use chrono::{DateTime, TimeDelta, Utc};
use ori_shared::call::CallStatus;
use ori_store::{CallResult, CallStep, ClaimFate, Result, event_of_step};
use sqlx::{Sqlite, Transaction};
use uuid::Uuid;

use super::{add_event, outbox};
use crate::convert::{corrupt, failed, get, micros};

pub(super) async fn step(transaction: &mut Transaction<'_, Sqlite>, step: &CallStep) -> Result<bool> {
    let Some((status, attempt)) = standing(transaction, step.call).await? else {
        return Ok(false);
    };
    let moves = step.moves(status, attempt);
    let (to, reason) = if moves {
        (step.to, step.reason.as_deref())
    } else {
        (status, None)
    };
    sqlx::query(
        "update calls set status = ?2, reason = case when ?3 then ?4 else reason end, host = coalesce(?5, host),
                worker_call_id = coalesce(?6, worker_call_id), room_name = coalesce(?7, room_name), updated_at = ?8,
                attempt = case when ?3 then coalesce(?9, attempt) else attempt end
         where id = ?1",
    )
    .bind(step.call)
    .bind(to.as_str())
    .bind(moves)
    .bind(reason)
    .bind(&step.host)
    .bind(&step.worker_call_id)
    .bind(&step.room_name)
    .bind(micros(step.now))
    .bind(step.attempt)
    .execute(&mut **transaction)
    .await
    .map_err(failed)?;
    if moves {
        add_event(transaction, step.call, to, reason, step.now).await?;
        if let Some(event) = event_of_step(to, step.is_news) {
            outbox::tell(transaction, step.call, event, step.now).await?;
        }
    }
    settle_claim(transaction, step.call, &step.claim).await?;
    Ok(moves)
}

pub(super) async fn add_result(
    transaction: &mut Transaction<'_, Sqlite>,
    result: &CallResult,
) -> Result<Option<Uuid>> {
    let Some(call) = find(transaction, result).await? else {
        return Ok(None);
    };
    let Some(before) = status(transaction, call).await? else {
        return Ok(None);
    };
    let told_before = outbox::told(transaction, call).await?;
    sqlx::query(
        "update calls set session_id = coalesce(?2, session_id), stream_id = coalesce(?3, stream_id),
                caller_id = coalesce(?4, caller_id), duration_seconds = coalesce(?5, duration_seconds),
                disconnected_by = coalesce(?6, disconnected_by), recording_url = coalesce(?7, recording_url),
                transcript = coalesce(?8, transcript), worker_call_id = coalesce(worker_call_id, ?9), updated_at = ?10,
                sip_status = coalesce(?11, sip_status)
         where id = ?1",
    )
    .bind(call)
    .bind(&result.session_id)
    .bind(&result.stream_id)
    .bind(&result.caller_id)
    .bind(result.duration_seconds)
    .bind(&result.disconnected_by)
    .bind(&result.recording_url)
    .bind(&result.transcript)
    .bind(&result.worker_call_id)
    .bind(micros(result.now))
    .bind(result.sip_status)
    .execute(&mut **transaction)
    .await
    .map_err(failed)?;
    if let Some(word) = &result.disconnected_by {
        finish(transaction, call, before, word, result.now).await?;
    }
    if let Some(told_before) = told_before {
        outbox::tell_result(transaction, &told_before, result.now).await?;
    }
    Ok(Some(call))
}

/// Moves every call that stands there to where a crash leaves it, and frees the idempotency keys of those of which
/// nothing was ever sent.
pub(super) async fn settle(
    transaction: &mut Transaction<'_, Sqlite>,
    (from, to): (CallStatus, CallStatus),
    patience: Option<TimeDelta>,
    now: DateTime<Utc>,
) -> Result<u64> {
    let calls: Vec<Uuid> =
        sqlx::query_scalar("select id from calls where status = ?1 and (?2 is null or updated_at <= ?2)")
            .bind(from.as_str())
            .bind(patience.map(|patience| micros(now - patience)))
            .fetch_all(&mut **transaction)
            .await
            .map_err(failed)?;
    for call in &calls {
        set_status(transaction, *call, to, Some("interrupted"), now).await?;
        if to == CallStatus::Refused {
            settle_claim(transaction, *call, &ClaimFate::Released).await?;
        }
        // Neither was answered: the process that would have is gone.
        if let Some(event) = event_of_step(to, true) {
            outbox::tell(transaction, *call, event, now).await?;
        }
    }
    Ok(calls.len() as u64)
}

async fn find(transaction: &mut Transaction<'_, Sqlite>, result: &CallResult) -> Result<Option<Uuid>> {
    if let Some(call) = result.call
        && status(transaction, call).await?.is_some()
    {
        return Ok(Some(call));
    }
    sqlx::query_scalar("select id from calls where worker_call_id = ?1 order by id desc limit 1")
        .bind(&result.worker_call_id)
        .fetch_optional(&mut **transaction)
        .await
        .map_err(failed)
}

async fn finish(
    transaction: &mut Transaction<'_, Sqlite>,
    call: Uuid,
    before: CallStatus,
    word: &str,
    now: DateTime<Utc>,
) -> Result<()> {
    let after = CallStatus::after_result(word);
    // A result for what waits to be dialled is another call's: it must not keep this one from being dialled.
    if after == before || matches!(before, CallStatus::Queued | CallStatus::Reserved) {
        return Ok(());
    }
    set_status(transaction, call, after, Some(word), now).await
}

async fn set_status(
    transaction: &mut Transaction<'_, Sqlite>,
    call: Uuid,
    status: CallStatus,
    reason: Option<&str>,
    now: DateTime<Utc>,
) -> Result<()> {
    let updated = sqlx::query("update calls set status = ?2, reason = ?3, updated_at = ?4 where id = ?1")
        .bind(call)
        .bind(status.as_str())
        .bind(reason)
        .bind(micros(now))
        .execute(&mut **transaction)
        .await
        .map_err(failed)?;
    if updated.rows_affected() != 1 {
        return Err(corrupt("a call that was just read is not there"));
    }
    add_event(transaction, call, status, reason, now).await
}

async fn settle_claim(transaction: &mut Transaction<'_, Sqlite>, call: Uuid, fate: &ClaimFate) -> Result<()> {
    let settle = match fate {
        ClaimFate::Open => return Ok(()),
        ClaimFate::Released => sqlx::query("delete from idempotency_keys where call_id = ?1").bind(call),
        ClaimFate::Answered(answer) => {
            sqlx::query("update idempotency_keys set answer_status = ?2, answer_body = ?3 where call_id = ?1")
                .bind(call)
                .bind(answer.status)
                .bind(answer.body.clone())
        }
    };
    settle.execute(&mut **transaction).await.map_err(failed)?;
    Ok(())
}

async fn status(transaction: &mut Transaction<'_, Sqlite>, call: Uuid) -> Result<Option<CallStatus>> {
    Ok(standing(transaction, call).await?.map(|(status, _)| status))
}

/// Where the call stands, and the last attempt to have it dialled.
async fn standing(
    transaction: &mut Transaction<'_, Sqlite>,
    call: Uuid,
) -> Result<Option<(CallStatus, Option<Uuid>)>> {
    let row = sqlx::query("select status, attempt from calls where id = ?1")
        .bind(call)
        .fetch_optional(&mut **transaction)
        .await
        .map_err(failed)?;
    let Some(row) = row else { return Ok(None) };
    let status =
        CallStatus::parse(get(&row, "status")?).ok_or_else(|| corrupt("a call has an unknown status"))?;
    Ok(Some((status, get(&row, "attempt")?)))
}
