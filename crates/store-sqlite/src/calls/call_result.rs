//! Reports of voice workers.

use ori_shared::call::CallStatus;
use ori_store::rows::get;
use ori_store::{CallResult, Result};
use rusqlite::params;
use uuid::Uuid;

use super::outbox;
use super::transition::set_status;
use crate::codec::micros;
use crate::transaction::Transaction;

/// Adds a report to its call, and returns that call's id if there is one.
pub(super) fn add(transaction: &mut Transaction<'_>, result: &CallResult) -> Result<Option<Uuid>> {
    let Some((call, before)) = find(transaction, result)? else {
        return Ok(None);
    };
    let event_before = outbox::event_data(transaction, call)?;
    let values = params![
        call,
        result.session_id,
        result.stream_id,
        result.caller_id,
        result.duration_seconds,
        result.disconnected_by,
        result.recording_url,
        result.transcript,
        result.worker_call_id,
        micros(result.now),
        result.sip_status,
    ];
    transaction.execute(UPDATE, values)?;
    if let Some((after, word)) = result.moves(before) {
        set_status(transaction, call, (before, after), word, result.now)?;
    }
    if let Some(event_before) = event_before {
        outbox::put_result(transaction, &event_before, result.now)?;
    }
    Ok(Some(call))
}

const UPDATE: &str =
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
                   coalesce(?8, transcript), coalesce(worker_call_id, ?9), coalesce(?11, sip_status))";

/// Finds the call by its id, or else the newest one by the worker's own id.
fn find(transaction: &Transaction<'_>, result: &CallResult) -> Result<Option<(Uuid, CallStatus)>> {
    let found = transaction.find(
        "select id, status from calls where id = ?1",
        [result.call],
        |row| Ok((get(row, "id")?, get(row, "status")?)),
    )?;
    if found.is_some() {
        return Ok(found);
    }
    let find = "select id, status from calls where worker_call_id = ?1 order by id desc limit 1";
    transaction.find(find, [&result.worker_call_id], |row| {
        Ok((get(row, "id")?, get(row, "status")?))
    })
}
