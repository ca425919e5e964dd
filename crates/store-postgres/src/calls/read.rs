use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use ori_shared::call::{CallDetails, CallStatus};
use ori_store::{Call, CallOrder, CallRecord, QueuedCall, Result};
use sqlx::postgres::{PgPool, PgRow};
use sqlx::{Postgres, Transaction};
use uuid::Uuid;

use super::history;
use crate::convert::{corrupt, failed, get};
use crate::time_limit::InTime as _;

/// The columns that this module reads, from `calls c`. Each by its name: a statement that was prepared with `*` fails
/// once the next version has added a column.
macro_rules! select {
    () => {
        "select c.id, c.key_id, c.key_name, c.bot_id, c.to_number, c.to_number_raw, c.from_number, c.from_number_raw,
                c.variables, c.call_reference, c.status, c.reason, c.room_name, c.session_id, c.stream_id, c.caller_id,
                c.duration_seconds, c.disconnected_by, c.sip_status, c.recording_url, c.transcript, c.created_at,
                c.history, c.updated_at
         from calls c"
    };
}
pub(super) use select;

pub(super) async fn record(snapshot: &mut Transaction<'_, Postgres>, id: Uuid) -> Result<Option<CallRecord>> {
    let row = sqlx::query(concat!(select!(), " where c.id = $1"))
        .bind(id)
        .fetch_optional(&mut **snapshot)
        .in_time()
        .await
        .map_err(failed)?;
    let Some(row) = row else { return Ok(None) };
    let lines: Option<&str> = get(&row, "history")?;
    Ok(Some(CallRecord {
        call: call(&row)?,
        details: details(&row)?,
        history: match lines {
            Some(lines) => ori_store::history::read(lines)?,
            None => vec![history::first(&row)?],
        },
    }))
}

pub(super) async fn queued(readers: &PgPool, after: Uuid, limit: u32) -> Result<Vec<QueuedCall>> {
    let rows = sqlx::query(concat!(
        select!(),
        " where c.status = 'queued' and c.id > $1 order by c.id limit $2"
    ))
    .bind(after)
    .bind(i64::from(limit))
    .fetch_all(readers)
    .in_time()
    .await
    .map_err(failed)?;
    rows.iter()
        .map(|row| {
            Ok(QueuedCall {
                id: get(row, "id")?,
                created_at: created_at(row)?,
                order: order(row)?,
            })
        })
        .collect()
}

pub(super) fn call(row: &PgRow) -> Result<Call> {
    Ok(Call {
        id: get(row, "id")?,
        key_id: get(row, "key_id")?,
        key_name: get(row, "key_name")?,
        bot_id: get(row, "bot_id")?,
        to_number: get(row, "to_number")?,
        from_number: get(row, "from_number")?,
        call_reference: get(row, "call_reference")?,
        status: status(row)?,
        reason: get(row, "reason")?,
        room_name: get(row, "room_name")?,
        duration_seconds: get(row, "duration_seconds")?,
        disconnected_by: get(row, "disconnected_by")?,
        sip_status: get::<Option<i32>, _>(row, "sip_status")?.and_then(|status| u16::try_from(status).ok()),
        recording_url: get(row, "recording_url")?,
        created_at: created_at(row)?,
        updated_at: get(row, "updated_at")?,
    })
}

fn order(row: &PgRow) -> Result<CallOrder> {
    Ok(CallOrder {
        bot_id: get(row, "bot_id")?,
        to_number: get(row, "to_number")?,
        to_number_raw: get(row, "to_number_raw")?,
        from_number: get(row, "from_number")?,
        from_number_raw: get(row, "from_number_raw")?,
        variables: variables(row)?,
        call_reference: get(row, "call_reference")?,
    })
}

pub(super) fn details(row: &PgRow) -> Result<CallDetails> {
    Ok(CallDetails {
        variables: variables(row)?,
        caller_id: get(row, "caller_id")?,
        session_id: get(row, "session_id")?,
        stream_id: get(row, "stream_id")?,
        transcript: get(row, "transcript")?,
    })
}

fn variables(row: &PgRow) -> Result<BTreeMap<String, String>> {
    serde_json::from_str(get(row, "variables")?).map_err(|_| corrupt("a call's variables cannot be read"))
}

fn status(row: &PgRow) -> Result<CallStatus> {
    CallStatus::parse(get(row, "status")?).ok_or_else(|| corrupt("a call has an unknown status"))
}

fn created_at(row: &PgRow) -> Result<DateTime<Utc>> {
    get(row, "created_at")
}
