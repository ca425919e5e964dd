use ori_store::{CallRecord, QueuedCall, Result, rows};
use sqlx::sqlite::SqlitePool;
use uuid::Uuid;

use crate::codec::{ReadRow, map_rows};
use crate::error::read_failed;

pub(super) async fn record(readers: &SqlitePool, id: Uuid) -> Result<Option<CallRecord>> {
    let row = sqlx::query("select * from calls where id = ?1")
        .bind(id)
        .fetch_optional(readers)
        .await
        .map_err(read_failed)?;
    row.map(|row| rows::call_record(&ReadRow(&row))).transpose()
}

pub(super) async fn queued(readers: &SqlitePool, after: Option<Uuid>, limit: u32) -> Result<Vec<QueuedCall>> {
    let rows = sqlx::query("select * from calls where status = 'queued' and id > ?1 order by id limit ?2")
        .bind(after.unwrap_or_default())
        .bind(limit)
        .fetch_all(readers)
        .await
        .map_err(read_failed)?;
    map_rows(&rows, rows::queued_call)
}
