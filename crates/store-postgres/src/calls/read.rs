use chrono::{DateTime, Utc};
use ori_shared::call::{CallEvent, CallStatus};
use ori_store::{Call, CallOrder, CallQuery, QueuedCall, Result};
use sqlx::postgres::{PgPool, PgRow};
use sqlx::{Postgres, Transaction};
use uuid::Uuid;

use crate::convert::{corrupt, failed, get, optional_text};

pub(super) async fn with_history(
    snapshot: &mut Transaction<'_, Postgres>,
    id: Uuid,
) -> Result<Option<(Call, Vec<CallEvent>)>> {
    let row = sqlx::query("select * from calls where id = $1")
        .bind(id)
        .fetch_optional(&mut **snapshot)
        .await
        .map_err(failed)?;
    let Some(row) = row else { return Ok(None) };
    let events = sqlx::query("select status, reason, at from call_events where call_id = $1 order by number")
        .bind(id)
        .fetch_all(&mut **snapshot)
        .await
        .map_err(failed)?;
    Ok(Some((
        call(&row)?,
        events.iter().map(event).collect::<Result<_>>()?,
    )))
}

pub(super) async fn list(readers: &PgPool, query: &CallQuery) -> Result<(Vec<Call>, bool)> {
    // Ids are made in the order of time, so that bounds of time are bounds of ids as well.
    let rows = sqlx::query(
        "select * from calls
         where ($1::uuid is null or key_id = $1) and ($2::text is null or call_reference = $2)
           and ($3::text is null or status = $3) and ($4::timestamptz is null or created_at >= $4)
           and ($5::timestamptz is null or created_at < $5) and ($6::uuid is null or id < $6)
         order by id desc limit $7",
    )
    .bind(query.key)
    .bind(optional_text(query.reference.as_ref()))
    .bind(query.status.map(CallStatus::as_str))
    .bind(query.from)
    .bind(query.until)
    .bind(query.after)
    .bind(i64::from(query.limit) + 1)
    .fetch_all(readers)
    .await
    .map_err(failed)?;
    let wanted = usize::try_from(query.limit).unwrap_or(usize::MAX);
    Ok((
        rows.iter().take(wanted).map(call).collect::<Result<_>>()?,
        rows.len() > wanted,
    ))
}

pub(super) async fn queued(readers: &PgPool, limit: u32) -> Result<Vec<QueuedCall>> {
    let rows = sqlx::query("select * from calls where status = 'queued' order by id limit $1")
        .bind(i64::from(limit))
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

fn call(row: &PgRow) -> Result<Call> {
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
        variables: serde_json::from_str(get(row, "variables")?)
            .map_err(|_| corrupt("a call's variables cannot be read"))?,
        call_reference: get(row, "call_reference")?,
    })
}

fn event(row: &PgRow) -> Result<CallEvent> {
    Ok(CallEvent {
        status: status(row)?,
        reason: get(row, "reason")?,
        at: get(row, "at")?,
    })
}

fn status(row: &PgRow) -> Result<CallStatus> {
    CallStatus::parse(get(row, "status")?).ok_or_else(|| corrupt("a call has an unknown status"))
}

fn created_at(row: &PgRow) -> Result<DateTime<Utc>> {
    get(row, "created_at")
}
