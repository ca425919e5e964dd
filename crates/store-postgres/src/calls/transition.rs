use chrono::{DateTime, TimeDelta, Utc};
use ori_shared::call::CallStatus;
use ori_store::rows::{get, optional};
use ori_store::{CallResult, CallStep, ClaimFate, Result, event_of_step};
use sqlx::{Postgres, Transaction};
use uuid::Uuid;

use super::{history, outbox};
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

pub(super) async fn step(transaction: &mut Transaction<'_, Postgres>, step: &CallStep) -> Result<bool> {
    Ok(numbered_step(transaction, step).await?.is_some())
}

/// Moves the call, if the step applies to it, and returns the number that it drew when it last became `sent`, or 0.
pub(super) async fn numbered_step(
    transaction: &mut Transaction<'_, Postgres>,
    step: &CallStep,
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
        history::with_line!("$10"),
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
    .bind(history::line(to, reason, step.now))
    .bind(ori_store::history::BACK_AND_FORTH_MAX_BYTES)
    .fetch_one(&mut **transaction)
    .in_time()
    .await
    .map_err(failed)?;
    if moves && let Some(event) = step.event() {
        outbox::tell(transaction, step.call, event, step.now).await?;
    }
    settle_claim(transaction, step.call, &step.claim).await?;
    Ok(moves.then_some(sent_number.unwrap_or_default()))
}

pub(super) async fn add_result(
    transaction: &mut Transaction<'_, Postgres>,
    result: &CallResult,
) -> Result<Option<Uuid>> {
    let Some(call) = find(transaction, result).await? else {
        return Ok(None);
    };
    let Some(before) = status(transaction, call).await? else {
        return Ok(None);
    };
    let told_before = outbox::told(transaction, call).await?;
    sqlx::query(concat!(
        "update calls set session_id = coalesce($2, session_id), stream_id = coalesce($3, stream_id),
                caller_id = coalesce($4, caller_id), duration_seconds = coalesce($5, duration_seconds),
                disconnected_by = coalesce($6, disconnected_by), recording_url = coalesce($7, recording_url),
                transcript = coalesce($8, transcript), worker_call_id = coalesce(worker_call_id, $9),
                sip_status = coalesce($11, sip_status), updated_at = ",
        later!("$10"),
        " where id = $1
            and (session_id, stream_id, caller_id, duration_seconds, disconnected_by, recording_url, transcript,
                 worker_call_id, sip_status)
                is distinct from (coalesce($2, session_id), coalesce($3, stream_id), coalesce($4, caller_id),
                                  coalesce($5, duration_seconds), coalesce($6, disconnected_by), coalesce($7, recording_url),
                                  coalesce($8, transcript), coalesce(worker_call_id, $9), coalesce($11, sip_status))"
    ))
    .bind(call)
    .bind(optional_text(result.session_id.as_ref()))
    .bind(optional_text(result.stream_id.as_ref()))
    .bind(optional_text(result.caller_id.as_ref()))
    .bind(result.duration_seconds)
    .bind(optional_text(result.disconnected_by.as_ref()))
    .bind(optional_text(result.recording_url.as_ref()))
    .bind(optional_text(result.transcript.as_ref()))
    .bind(optional_text(result.worker_call_id.as_ref()))
    .bind(result.now)
    .bind(result.sip_status.map(i32::from))
    .run(&mut **transaction)
        .await?;
    if let Some((after, word)) = result.moves(before) {
        set_status(transaction, call, after, Some(word), result.now).await?;
    }
    if let Some(told_before) = told_before {
        outbox::tell_result(transaction, &told_before, result.now).await?;
    }
    Ok(Some(call))
}

/// Moves every call that stands there to where a crash leaves it, and frees the idempotency keys of those of which
/// nothing was ever sent. None of them has a lower id than `lowest`.
pub(super) async fn settle(
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
        .bind(patience.map(TimeDelta::as_seconds_f64))
        .values(&mut **transaction)
        .await?;
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

async fn find(transaction: &mut Transaction<'_, Postgres>, result: &CallResult) -> Result<Option<Uuid>> {
    if let Some(call) = result.call
        && status(transaction, call).await?.is_some()
    {
        return Ok(Some(call));
    }
    sqlx::query_scalar("select id from calls where worker_call_id = $1 order by id desc limit 1 for update")
        .bind(optional_text(result.worker_call_id.as_ref()))
        .find_value(&mut **transaction)
        .await
}

async fn set_status(
    transaction: &mut Transaction<'_, Postgres>,
    call: Uuid,
    status: CallStatus,
    reason: Option<&str>,
    now: DateTime<Utc>,
) -> Result<()> {
    let updated = sqlx::query(concat!(
        "update calls set status = $2, reason = $3, updated_at = ", later!("$4"), ", moved_at = clock_timestamp(),
                settled_number = case when $2 = 'unknown' then nextval('fleet_numbers') else settled_number end, history = ",
        history::with_line!("$5"),
        " where id = $1"
    ))
    .bind(call)
        .bind(status.as_str())
        .bind(reason.map(text))
        .bind(now)
        .bind(history::line(status, reason, now))
        .run(&mut **transaction)
        .await?;
    if updated != 1 {
        return Err(corrupt("a call that was just read is not there"));
    }
    Ok(())
}

async fn settle_claim(
    transaction: &mut Transaction<'_, Postgres>,
    call: Uuid,
    fate: &ClaimFate,
) -> Result<()> {
    let settle = match fate {
        ClaimFate::Open => return Ok(()),
        ClaimFate::Released => sqlx::query("delete from idempotency_keys where call_id = $1").bind(call),
        ClaimFate::Answered(answer) => {
            sqlx::query("update idempotency_keys set answer_status = $2, answer_body = $3 where call_id = $1")
                .bind(call)
                .bind(i32::from(answer.status))
                .bind(answer.body.clone())
        }
    };
    settle.run(&mut **transaction).await?;
    Ok(())
}

/// Where the call stands, and will stand until the transaction ends or moves it.
async fn status(transaction: &mut Transaction<'_, Postgres>, call: Uuid) -> Result<Option<CallStatus>> {
    Ok(standing(transaction, call).await?.map(|(status, _)| status))
}

/// The same, and the last attempt to have it dialled.
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
