//! Deleting what is old. Each step is one short transaction, which passes over what another process is just deleting.

use chrono::{DateTime, Utc};
use ori_store::{Result, lowest_call_id};

use crate::statement::Statement as _;
use crate::{PostgresStore, commit};

/// That time, or a day ago by the server's clock, whichever is earlier: the clock of one replica does not delete what the
/// others still need.
macro_rules! day_old {
    ($before:literal) => {
        concat!("least(", $before, "::timestamptz, now() - interval '1 day')")
    };
}

pub(super) async fn delete_expired_idempotency_keys(
    store: &PostgresStore,
    before: DateTime<Utc>,
    limit: u32,
) -> Result<u64> {
    let mut transaction = store.begin().await?;
    // The subquery is evaluated per row, by the primary key, and only until the limit is reached.
    let forgotten = sqlx::query(concat!(
        "delete from idempotency_keys where (key_id, idempotency_key) in (
             select i.key_id, i.idempotency_key from idempotency_keys i
             where i.created_at < ",
        day_old!("$1"),
        " and coalesce((select c.status not in ('queued', 'reserved', 'sent') and c.updated_at < ",
        day_old!("$1"),
        " from calls c where c.id = i.call_id), true)
             limit $2 for update of i skip locked)",
    ))
    .bind(before)
    .bind(i64::from(limit))
    .run(&mut *transaction)
    .await?;
    commit(transaction).await?;
    Ok(forgotten)
}

/// Lock order as everywhere: the call before its dependent rows.
pub(super) async fn purge(store: &PostgresStore, before: DateTime<Utc>, limit: u32) -> Result<u64> {
    let mut transaction = store.begin().await?;
    let purged = sqlx::query(concat!(
        "with old as materialized (
             select id from calls
             where id < $1 and status not in ('queued', 'reserved', 'sent') and updated_at < ",
        day_old!("$3"),
        " order by id limit $2 for update skip locked
         ), keys as (
             delete from idempotency_keys where call_id in (select id from old)
         ), deliveries as (
             delete from webhook_deliveries where status <> 'pending' and call_id in (select id from old)
         )
         delete from calls where id in (select id from old)",
    ))
    .bind(lowest_call_id(before))
    .bind(i64::from(limit))
    .bind(before)
    .run(&mut *transaction)
    .await?;
    commit(transaction).await?;
    Ok(purged)
}
