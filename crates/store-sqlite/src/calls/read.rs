use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use ori_shared::call::{CallDetails, CallEvent, CallSearch, CallStatus};
use ori_store::{Call, CallOrder, CallQuery, CallRecord, QueuedCall, Result};
use sqlx::sqlite::{SqlitePool, SqliteRow};
use sqlx::{QueryBuilder, Sqlite, Transaction};
use uuid::Uuid;

use crate::convert::{corrupt, failed, get, instant, micros};

pub(super) async fn record(snapshot: &mut Transaction<'_, Sqlite>, id: Uuid) -> Result<Option<CallRecord>> {
    let row = sqlx::query("select * from calls where id = ?1")
        .bind(id)
        .fetch_optional(&mut **snapshot)
        .await
        .map_err(failed)?;
    let Some(row) = row else { return Ok(None) };
    let events = sqlx::query("select status, reason, at from call_events where call_id = ?1 order by number")
        .bind(id)
        .fetch_all(&mut **snapshot)
        .await
        .map_err(failed)?;
    Ok(Some(CallRecord {
        call: call(&row)?,
        details: details(&row)?,
        history: events.iter().map(event).collect::<Result<_>>()?,
    }))
}

pub(super) async fn list(readers: &SqlitePool, query: &CallQuery) -> Result<(Vec<Call>, bool)> {
    let mut statement = QueryBuilder::new("select * from calls where true");
    narrow(&mut statement, query);
    let rows = statement
        .push(" order by id desc limit ")
        .push_bind(i64::from(query.limit) + 1)
        .build()
        .fetch_all(readers)
        .await
        .map_err(failed)?;
    let wanted = usize::try_from(query.limit).unwrap_or(usize::MAX);
    Ok((
        rows.iter().take(wanted).map(call).collect::<Result<_>>()?,
        rows.len() > wanted,
    ))
}

/// Only the conditions that are asked for, so that each finds its index.
fn narrow(statement: &mut QueryBuilder<Sqlite>, query: &CallQuery) {
    if let Some(key) = query.key {
        statement.push(" and key_id = ").push_bind(key);
    }
    if let Some(reference) = &query.reference {
        statement
            .push(" and call_reference = ")
            .push_bind(reference.clone());
    }
    if let Some(bot) = &query.bot {
        statement.push(" and bot_id = ").push_bind(bot.clone());
    }
    if let Some(status) = query.status {
        statement.push(" and status = ").push_bind(status.as_str());
    }
    if let Some(from) = query.from {
        statement.push(" and created_at >= ").push_bind(micros(from));
    }
    if let Some(until) = query.until {
        statement.push(" and created_at < ").push_bind(micros(until));
    }
    if let Some(after) = query.after {
        statement.push(" and id < ").push_bind(after);
    }
    match &query.search {
        None => {}
        Some(CallSearch::Id(id)) => {
            statement.push(" and id = ").push_bind(*id);
        }
        Some(CallSearch::Prefix { number, text }) => {
            statement.push(" and (");
            begins(statement, "call_reference", text);
            statement.push(" or ");
            begins(statement, "bot_id", text);
            if let Some(number) = number {
                statement.push(" or ");
                begins(statement, "to_number", number);
            }
            statement.push(")");
        }
    }
}

/// As a range, which an index can serve. Nothing of ours sorts behind the last character that there is.
fn begins(statement: &mut QueryBuilder<Sqlite>, column: &'static str, text: &str) {
    statement
        .push("(")
        .push(column)
        .push(" >= ")
        .push_bind(text.to_owned());
    statement
        .push(" and ")
        .push(column)
        .push(" < ")
        .push_bind(format!("{text}{}", char::MAX))
        .push(")");
}

pub(super) async fn queued(readers: &SqlitePool, after: Option<Uuid>, limit: u32) -> Result<Vec<QueuedCall>> {
    let rows = sqlx::query("select * from calls where status = 'queued' and id > ?1 order by id limit ?2")
        .bind(after.unwrap_or_default())
        .bind(limit)
        .fetch_all(readers)
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

fn event(row: &SqliteRow) -> Result<CallEvent> {
    Ok(CallEvent {
        status: status(row)?,
        reason: get(row, "reason")?,
        at: instant(row, "at")?,
    })
}

fn status(row: &SqliteRow) -> Result<CallStatus> {
    CallStatus::parse(get(row, "status")?).ok_or_else(|| corrupt("a call has an unknown status"))
}

fn created_at(row: &SqliteRow) -> Result<DateTime<Utc>> {
    instant(row, "created_at")
}
