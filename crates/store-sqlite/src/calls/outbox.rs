//! Inserts events into the outbox, in the transaction of the change that they report.

use chrono::{DateTime, Utc};
use ori_shared::call::CallView;
use ori_shared::webhook::CallEventType;
use ori_store::{NewEvent, Result, event_of_result, rows};
use rusqlite::params;
use uuid::Uuid;

use crate::codec::micros;
use crate::transaction::Transaction;

/// Returns what an event says of the call as it is now, or `None` if its key has no webhook that works.
pub(super) fn event_data(transaction: &Transaction<'_>, call: Uuid) -> Result<Option<CallView>> {
    let find = "select c.* from calls c join webhooks w on w.key_id = c.key_id where c.id = ?1 and w.disabled_at is null";
    transaction.find(find, [call], |row| {
        Ok(rows::call_without_history(row)?.into_view())
    })
}

/// Inserts the event of a report, if there is one, given the call as it was before.
pub(super) fn put_result(transaction: &Transaction<'_>, before: &CallView, now: DateTime<Utc>) -> Result<()> {
    let Some(after) = event_data(transaction, before.call_id)? else {
        return Ok(());
    };
    match event_of_result(before, &after) {
        Some(kind) => insert(transaction, kind, after, now),
        None => Ok(()),
    }
}

/// Inserts an event of that type, if the call's key has a webhook that works.
pub(super) fn put(
    transaction: &Transaction<'_>,
    call: Uuid,
    kind: CallEventType,
    now: DateTime<Utc>,
) -> Result<()> {
    match event_data(transaction, call)? {
        Some(data) => insert(transaction, kind, data, now),
        None => Ok(()),
    }
}

fn insert(
    transaction: &Transaction<'_>,
    kind: CallEventType,
    data: CallView,
    now: DateTime<Utc>,
) -> Result<()> {
    const COUNT: &str = "select count(*) from webhook_deliveries where call_id = ?1";
    const INSERT: &str =
        "insert into webhook_deliveries (id, key_id, call_id, event_type, body, due_at, created_at)
         values (?1, ?2, ?3, ?4, ?5, ?6, ?6)";
    let number = transaction.value(COUNT, [data.call_id])?;
    let event = NewEvent::new(kind, data, number.unwrap_or_default(), now)?;
    let values = params![
        event.id,
        event.key,
        event.call,
        event.kind.as_str(),
        event.body,
        micros(now)
    ];
    transaction.execute(INSERT, values).map(|_| ())
}
