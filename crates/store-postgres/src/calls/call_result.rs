//! Reports of voice workers.

use ori_store::{CallResult, Result};
use sqlx::{Postgres, Transaction};
use uuid::Uuid;

use super::outbox;
use super::transition::{later, set_status, status};
use crate::codec::optional_text;
use crate::statement::{ScalarQuery as _, Statement as _};

/// Adds a report to its call, and returns that call's id if there is one.
pub(super) async fn add(
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

/// Finds the call by its id, or else the newest one by the worker's own id, and locks it.
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
