use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use ori_shared::call::{CallDetails, CallStatus};
use ori_store::{Call, CallOrder, CallRecord, QueuedCall, Result, history};
use sqlx::sqlite::{SqlitePool, SqliteRow};
use sqlx::{QueryBuilder, Sqlite};
use uuid::Uuid;

use crate::convert::{corrupt, failed, get, instant};

pub(super) async fn record(readers: &SqlitePool, id: Uuid) -> Result<Option<CallRecord>> {
    let row = sqlx::query("select * from calls where id = ?1")
        .bind(id)
        .fetch_optional(readers)
        .await
        .map_err(failed)?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(CallRecord {
        call: call(&row)?,
        details: details(&row)?,
        history: history::read(get(&row, "history")?)?,
    }))
}

/// Those of these that wait, oldest first.
pub(super) async fn queued(readers: &SqlitePool, ids: &[Uuid]) -> Result<Vec<QueuedCall>> {
    let mut statement =
        QueryBuilder::<Sqlite>::new("select * from calls where status = 'queued' and id in (");
    let mut separated = statement.separated(", ");
    for id in ids {
        separated.push_bind(*id);
    }
    statement.push(") order by id");
    let rows = statement.build().persistent(false).fetch_all(readers).await;
    let rows = rows.map_err(failed)?;
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

pub(super) fn call(row: &SqliteRow) -> Result<Call> {
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
        sip_status: get(row, "sip_status")?,
        recording_url: get(row, "recording_url")?,
        created_at: created_at(row)?,
        updated_at: instant(row, "updated_at")?,
    })
}

fn order(row: &SqliteRow) -> Result<CallOrder> {
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

pub(super) fn details(row: &SqliteRow) -> Result<CallDetails> {
    Ok(CallDetails {
        variables: variables(row)?,
        caller_id: get(row, "caller_id")?,
        session_id: get(row, "session_id")?,
        stream_id: get(row, "stream_id")?,
        transcript: get(row, "transcript")?,
    })
}

fn variables(row: &SqliteRow) -> Result<BTreeMap<String, String>> {
    serde_json::from_str(get(row, "variables")?).map_err(|_| corrupt("a call's variables cannot be read"))
}

fn status(row: &SqliteRow) -> Result<CallStatus> {
    CallStatus::parse(get(row, "status")?).ok_or_else(|| corrupt("a call has an unknown status"))
}

fn created_at(row: &SqliteRow) -> Result<DateTime<Utc>> {
    instant(row, "created_at")
}
