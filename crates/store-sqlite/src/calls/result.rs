//! Adding what a voice worker tells of a call.

use ori_shared::call::CallStatus;
use ori_store::{CallResult, Result};
use sqlx::sqlite::SqliteConnection;
use uuid::Uuid;

use super::outbox;
use super::settle::set_status;
use super::step::status_of;
use crate::convert::{failed, micros};

/// Adds it to its call, if there is one; says which. The calls behind `newest_indexed` are not indexed, and no others.
pub(super) async fn add(
    connection: &mut SqliteConnection,
    result: &CallResult,
    newest_indexed: Uuid,
) -> Result<Option<Uuid>> {
    let Some(call) = find(connection, result, newest_indexed).await? else {
        return Ok(None);
    };
    let Some(before) = status(connection, call).await? else {
        return Ok(None);
    };
    let told_before = outbox::told(connection, call).await?;
    sqlx::query(
        "update calls set session_id = coalesce(?2, session_id), stream_id = coalesce(?3, stream_id),
                caller_id = coalesce(?4, caller_id), duration_seconds = coalesce(?5, duration_seconds),
                disconnected_by = coalesce(?6, disconnected_by), recording_url = coalesce(?7, recording_url),
                transcript = coalesce(?8, transcript), worker_call_id = coalesce(worker_call_id, ?9),
                sip_status = coalesce(?11, sip_status), updated_at = max(?10, updated_at + 1)
         where id = ?1
           and (session_id, stream_id, caller_id, duration_seconds, disconnected_by, recording_url, transcript,
                worker_call_id, sip_status)
               is not (coalesce(?2, session_id), coalesce(?3, stream_id), coalesce(?4, caller_id),
                       coalesce(?5, duration_seconds), coalesce(?6, disconnected_by), coalesce(?7, recording_url),
                       coalesce(?8, transcript), coalesce(worker_call_id, ?9), coalesce(?11, sip_status))",
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
    .execute(&mut *connection)
    .await
    .map_err(failed)?;
    if let Some((after, word)) = result.moves(before) {
        set_status(connection, call, after, Some(word), result.now).await?;
    }
    if let Some(told_before) = told_before {
        outbox::tell_result(connection, &told_before, result.now).await?;
    }
    Ok(Some(call))
}

async fn find(
    connection: &mut SqliteConnection,
    result: &CallResult,
    newest_indexed: Uuid,
) -> Result<Option<Uuid>> {
    if let Some(call) = result.call
        && status(connection, call).await?.is_some()
    {
        return Ok(Some(call));
    }
    sqlx::query_scalar(
        "select id from calls where worker_call_id = ?1 and is_indexed = 1
         union all select id from calls where id > ?2 and worker_call_id = ?1 order by id desc limit 1",
    )
    .bind(&result.worker_call_id)
    .bind(newest_indexed)
    .fetch_optional(connection)
    .await
    .map_err(failed)
}

async fn status(connection: &mut SqliteConnection, call: Uuid) -> Result<Option<CallStatus>> {
    let row = sqlx::query("select status from calls where id = ?1")
        .bind(call)
        .fetch_optional(connection)
        .await
        .map_err(failed)?;
    row.as_ref().map(status_of).transpose()
}
