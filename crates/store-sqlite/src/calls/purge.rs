//! Deleting what is old. Each step is one short transaction, so that whoever writes meanwhile does not wait for long.

use chrono::{DateTime, Utc};
use ori_store::{Result, lowest_call_id};
use uuid::Uuid;

use crate::SqliteStore;
use crate::convert::{failed, micros};

/// The records are chosen before the transaction begins: a call that has ended stays so, and its record is found by the
/// call, which no later record shares.
pub(super) async fn forget_idempotency_keys(
    store: &SqliteStore,
    before: DateTime<Utc>,
    limit: u32,
) -> Result<u64> {
    let old: Vec<Uuid> = sqlx::query_scalar(
        "select i.call_id from idempotency_keys i
         where i.created_at < ?1
           and coalesce((select c.status not in ('queued', 'reserved', 'sent') and c.updated_at < ?1
                         from calls c where c.id = i.call_id), 1)
         limit ?2",
    )
    .bind(micros(before))
    .bind(limit)
    .fetch_all(&store.readers)
    .await
    .map_err(failed)?;
    if old.is_empty() {
        return Ok(0);
    }
    let mut writer = store.writer().await?;
    let mut transaction = writer.begin().await?;
    let mut forgotten = 0;
    for call in &old {
        let deleted = sqlx::query("delete from idempotency_keys where call_id = ?1")
            .bind(call)
            .execute(&mut *transaction)
            .await
            .map_err(failed)?;
        forgotten += deleted.rows_affected();
    }
    transaction.commit().await.map_err(failed)?;
    Ok(forgotten)
}

/// The calls are looked up before the transaction begins: what is over then is over for good, and reading past old
/// calls that are not keeps nobody waiting.
pub(super) async fn purge(store: &SqliteStore, before: DateTime<Utc>, limit: u32) -> Result<u64> {
    let old: Vec<Uuid> = sqlx::query_scalar(concat!(
        over!(),
        " and id < ?1 and updated_at < ?3 order by id limit ?2"
    ))
    .bind(lowest_call_id(before))
    .bind(limit)
    .bind(micros(before))
    .fetch_all(&store.readers)
    .await
    .map_err(failed)?;
    let (Some(first), Some(last)) = (old.first(), old.last()) else {
        return Ok(0);
    };
    let mut writer = store.writer().await?;
    let mut transaction = writer.begin().await?;
    let mut purged = 0;
    for delete in DELETES {
        let deleted = sqlx::query(*delete)
            .bind(first)
            .bind(last)
            .bind(micros(before))
            .execute(&mut *transaction)
            .await
            .map_err(failed)?;
        purged = deleted.rows_affected();
    }
    transaction.commit().await.map_err(failed)?;
    Ok(purged)
}

/// Selects the calls that are over.
macro_rules! over {
    () => {
        "select id from calls where status not in ('queued', 'reserved', 'sent')"
    };
}
use over;

/// What hangs on the calls between two, and then the calls, with which their history goes.
const DELETES: &[&str] = &[
    concat!(
        "delete from idempotency_keys where call_id in (",
        over!(),
        " and id between ?1 and ?2 and updated_at < ?3)"
    ),
    concat!(
        "delete from webhook_deliveries where +status <> 'pending' and call_id in (",
        over!(),
        " and id between ?1 and ?2 and updated_at < ?3)"
    ),
    concat!(
        "delete from calls where id in (",
        over!(),
        " and id between ?1 and ?2 and updated_at < ?3)"
    ),
];
