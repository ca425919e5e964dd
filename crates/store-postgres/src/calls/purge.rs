//! Deleting what is old. Each step is one short transaction, which passes over what another process is just deleting.

use chrono::{DateTime, Utc};
use ori_store::{Result, lowest_call_id};

use crate::statement::Statement as _;
use crate::{PostgresStore, commit};

pub(super) async fn forget_idempotency_keys(
    store: &PostgresStore,
    before: DateTime<Utc>,
    limit: u32,
) -> Result<u64> {
    let mut transaction = store.begin().await?;
    let forgotten = sqlx::query(
        "delete from idempotency_keys where (key_id, idempotency_key) in (
             select key_id, idempotency_key from idempotency_keys where created_at < $1
             limit $2 for update skip locked)",
    )
    .bind(before)
    .bind(i64::from(limit))
    .run(&mut *transaction)
    .await?;
    commit(transaction).await?;
    Ok(forgotten)
}

/// As everywhere, the call is locked before what hangs on it.
pub(super) async fn purge(store: &PostgresStore, before: DateTime<Utc>, limit: u32) -> Result<u64> {
    let mut transaction = store.begin().await?;
    let purged = sqlx::query(
        "with old as materialized (
             select id from calls where id < $1 and status not in ('queued', 'reserved', 'sent')
             order by id limit $2 for update skip locked
         ), keys as (
             delete from idempotency_keys where call_id in (select id from old)
         ), deliveries as (
             delete from webhook_deliveries where status <> 'pending' and call_id in (select id from old)
         )
         delete from calls where id in (select id from old)",
    )
    .bind(lowest_call_id(before))
    .bind(i64::from(limit))
    .run(&mut *transaction)
    .await?;
    commit(transaction).await?;
    Ok(purged)
}
