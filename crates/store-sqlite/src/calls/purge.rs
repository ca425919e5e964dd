//! Deletes old rows. Each step is one short transaction, so that other changes do not wait for long.

use chrono::{DateTime, Utc};
use ori_store::{Result, lowest_call_id};
use rusqlite::params;
use uuid::Uuid;

use crate::SqliteStore;
use crate::codec::micros;
use crate::error::read_failed;

/// The records are looked up by a reader: a call that has ended stays so, and its record is found by the call, which no
/// later record shares.
pub(super) async fn delete_expired_idempotency_keys(
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
    .map_err(read_failed)?;
    if old.is_empty() {
        return Ok(0);
    }
    store
        .write(move |transaction| {
            let mut deleted = 0;
            for call in &old {
                deleted += transaction.execute("delete from idempotency_keys where call_id = ?1", [call])?;
            }
            Ok(deleted as u64)
        })
        .await
}

/// The calls are looked up by a reader: a call that is over stays over, and reading past older calls that are not delays
/// no change.
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
    .map_err(read_failed)?;
    let (Some(first), Some(last)) = (old.first().copied(), old.last().copied()) else {
        return Ok(0);
    };
    store
        .write(move |transaction| {
            let mut purged = 0;
            for delete in DELETES {
                purged = transaction.execute(delete, params![first, last, micros(before)])?;
            }
            Ok(purged as u64)
        })
        .await
}

/// Selects the calls that are over.
macro_rules! over {
    () => {
        "select id from calls where status not in ('queued', 'reserved', 'sent')"
    };
}
use over;

/// Deletes the rows that belong to the calls between two ids, and then the calls, whose history is deleted with them.
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
