use ori_store::{CallRecord, QueuedCall, Result, rows};
use sqlx::postgres::PgPool;
use uuid::Uuid;

use crate::statement::Statement as _;

/// The columns that [`rows`] reads, from `calls c`. Each by its name: a statement that was prepared with `*` fails
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

pub(super) async fn record(readers: &PgPool, id: Uuid) -> Result<Option<CallRecord>> {
    sqlx::query(concat!(select!(), " where c.id = $1"))
        .bind(id)
        .find(readers, rows::call_record)
        .await
}

pub(super) async fn queued(readers: &PgPool, after: Uuid, limit: u32) -> Result<Vec<QueuedCall>> {
    sqlx::query(concat!(
        select!(),
        " where c.status = 'queued' and c.id > $1 order by c.id limit $2"
    ))
    .bind(after)
    .bind(i64::from(limit))
    .all(readers, rows::queued_call)
    .await
}
