//! Adds events to the outbox, in the transaction of their change.

use chrono::{DateTime, Utc};
use ori_shared::call::CallView;
use ori_shared::webhook::CallEventType;
use ori_store::{CallRecord, NewEvent, Result, event_of_result, rows};
use sqlx::{Postgres, Transaction};
use uuid::Uuid;

use super::read;
use crate::statement::{ScalarQuery as _, Statement as _};

/// Returns the current state of the call for an event, or `None` if its key has no webhook. The webhook stays locked until
/// the transaction ends, so its removal finds the event and ends it.
pub(super) async fn told(
    transaction: &mut Transaction<'_, Postgres>,
    call: Uuid,
) -> Result<Option<CallView>> {
    let record = sqlx::query(concat!(
        read::select!(),
        " join webhooks w on w.key_id = c.key_id where c.id = $1 and w.disabled_at is null for share of w"
    ))
    .bind(call)
    .find(&mut **transaction, rows::call_without_history)
    .await?;
    Ok(record.map(CallRecord::into_view))
}

/// Adds the event of a result, given the state of the call before it.
pub(super) async fn tell_result(
    transaction: &mut Transaction<'_, Postgres>,
    before: &CallView,
    now: DateTime<Utc>,
) -> Result<()> {
    let Some(after) = told(transaction, before.call_id).await? else {
        return Ok(());
    };
    match event_of_result(before, &after) {
        Some(kind) => put(transaction, kind, after, now).await,
        None => Ok(()),
    }
}

/// Adds the event of the call.
pub(super) async fn tell(
    transaction: &mut Transaction<'_, Postgres>,
    call: Uuid,
    kind: CallEventType,
    now: DateTime<Utc>,
) -> Result<()> {
    match told(transaction, call).await? {
        Some(data) => put(transaction, kind, data, now).await,
        None => Ok(()),
    }
}

async fn put(
    transaction: &mut Transaction<'_, Postgres>,
    kind: CallEventType,
    data: CallView,
    now: DateTime<Utc>,
) -> Result<()> {
    let number: i64 = sqlx::query_scalar("select count(*) from webhook_deliveries where call_id = $1")
        .bind(data.call_id)
        .value(&mut **transaction)
        .await?;
    let number = u32::try_from(number).unwrap_or(u32::MAX);
    let event = NewEvent::new(kind, data, number, now)?;
    sqlx::query(
        "insert into webhook_deliveries (id, key_id, call_id, event_type, body, due_at, created_at)
         values ($1, $2, $3, $4, $5, $6, $6)",
    )
    .bind(event.id)
    .bind(event.key)
    .bind(event.call)
    .bind(event.kind.as_str())
    .bind(event.body)
    .bind(now)
    .run(&mut **transaction)
    .await?;
    Ok(())
}
