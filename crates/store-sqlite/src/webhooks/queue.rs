//! The queue of webhooks: which have something due, and how their receivers fare. Triggers put a webhook in when an event
//! is inserted or replayed; its row is never later than what is due, and may be earlier.

use chrono::{DateTime, Utc};
use ori_store::rows::get;
use ori_store::{
    DueWebhook, EXPIRED, FAILING, LeaseRequest, Result, WEBHOOK_DISABLED, WEBHOOK_REMOVED, is_failing,
};
use rusqlite::params;
use sqlx::sqlite::SqlitePool;
use uuid::Uuid;

use crate::codec::{from_micros, micros};
use crate::error::read_failed;
use crate::transaction::Transaction;

/// A webhook that has something due. Without a receiver it is one whose deliveries are to be ended.
pub(super) struct Due {
    pub(super) key: Uuid,
    pub(super) state: DueWebhook,
    pub(super) has_receiver: bool,
}

/// Number of due webhooks that a claim considers, least recently served first. It exceeds the number of concurrent attempts.
const LOOKED_AT: u32 = 256;

/// Selects the webhooks that are due at `?1`, with what the claimer `?2` has under way.
const DUE: &str = "select q.key_id, q.failures, w.key_id is not null as has_receiver,
            (select count(*) from webhook_deliveries c
             where c.key_id = q.key_id and c.claimed_by is not null and c.due_at > ?1
               and (c.claimed_by = ?2 or q.failures >= ?3)) as in_flight
     from webhook_queue q left join webhooks w on w.key_id = q.key_id and w.disabled_at is null
     where q.due_at <= ?1 and q.due_at is not null and q.ending is null
     order by q.claimed_at, q.due_at limit ?4";

/// Returns when the next webhook is due.
pub(super) async fn next_due(readers: &SqlitePool) -> Result<Option<DateTime<Utc>>> {
    let due: Option<i64> = sqlx::query_scalar(
        "select min(due_at) from webhook_queue where due_at is not null and ending is null",
    )
    .fetch_one(readers)
    .await
    .map_err(read_failed)?;
    due.map(from_micros).transpose()
}

/// Returns the webhooks that are due.
pub(super) fn due(transaction: &Transaction<'_>, claim: &LeaseRequest) -> Result<Vec<Due>> {
    let values = params![micros(claim.now), claim.claimer, FAILING, LOOKED_AT];
    transaction.all(DUE, values, |row| {
        Ok(Due {
            key: get(row, "key_id")?,
            state: DueWebhook {
                failures: get(row, "failures")?,
                in_flight: get(row, "in_flight")?,
            },
            has_receiver: get(row, "has_receiver")?,
        })
    })
}

/// Puts the webhook back after a claim. While its receiver fails, the next attempt waits for the end of this one.
pub(super) fn claimed(transaction: &Transaction<'_>, webhook: &Due, claim: &LeaseRequest) -> Result<()> {
    let retry_at = is_failing(webhook.state.failures).then_some(claim.lease_until);
    let update = concat!(requeue!(), ", claimed_at = ?3 where key_id = ?1");
    let values = params![webhook.key, retry_at.map(micros), micros(claim.now)];
    transaction.execute(update, values).map(|_| ())
}

/// Puts the webhook back after an attempt, with how often its receiver failed in a row and when it may be tried next.
pub(super) fn attempted(
    transaction: &Transaction<'_>,
    key: Uuid,
    failures: u32,
    retry_at: Option<DateTime<Utc>>,
) -> Result<()> {
    let update = concat!(requeue!(), ", failures = ?3 where key_id = ?1");
    let values = params![key, retry_at.map(micros), failures];
    transaction.execute(update, values).map(|_| ())
}

/// Sets when the webhook `?1` is due, if it is not tried before `?2`.
macro_rules! requeue {
    () => {
        "update webhook_queue set retry_at = ?2, due_at = (
             select max(min(due_at), coalesce(?2, min(due_at))) from webhook_deliveries
             where key_id = ?1 and status = 'pending')"
    };
}
use requeue;

/// Returns how often the webhook's receiver failed in a row.
pub(super) fn failures(transaction: &Transaction<'_>, key: Uuid) -> Result<u32> {
    let failures = transaction.value("select failures from webhook_queue where key_id = ?1", [key])?;
    Ok(failures.unwrap_or_default())
}

/// Marks all that is pending for that key to be ended.
pub(crate) fn end(transaction: &Transaction<'_>, key: Uuid, reason: &'static str) -> Result<()> {
    let update = "update webhook_queue set ending = ?2 where key_id = ?1";
    transaction.execute(update, params![key, reason]).map(|_| ())
}

/// Forgets how the receiver fared and that anything was to be ended: the webhook has an address again, or another one.
pub(super) fn restart(transaction: &Transaction<'_>, key: Uuid, now: DateTime<Utc>) -> Result<()> {
    let update =
        "update webhook_queue set ending = null, failures = 0, retry_at = null, due_at = min(due_at, ?2)
         where key_id = ?1";
    transaction.execute(update, params![key, micros(now)]).map(|_| ())
}

/// Makes the webhook due now, also if its receiver fails.
pub(super) fn replayed(transaction: &Transaction<'_>, key: Uuid, now: DateTime<Utc>) -> Result<()> {
    let upsert = "insert into webhook_queue (key_id, due_at) values (?1, ?2)
         on conflict (key_id) do update set retry_at = null, due_at = min(coalesce(due_at, ?2), ?2)";
    transaction.execute(upsert, params![key, micros(now)]).map(|_| ())
}

/// Makes every webhook due that is not due before `now`: a claim finds out when each really is.
pub(super) fn hasten(transaction: &Transaction<'_>, now: DateTime<Utc>) -> Result<()> {
    let update = "update webhook_queue set due_at = ?1, retry_at = null
         where due_at > ?1 and due_at is not null and ending is null";
    transaction.execute(update, [micros(now)]).map(|_| ())
}

/// Returns whether any delivery is to be ended, without waiting for the writer.
pub(super) async fn is_any_to_end(readers: &SqlitePool, before: DateTime<Utc>) -> Result<bool> {
    sqlx::query_scalar(
        "select exists (select 1 from webhook_queue where ending is not null)
             or exists (select 1 from webhook_deliveries
                        where status = 'pending' and coalesce(replayed_at, created_at) < ?1)",
    )
    .bind(micros(before))
    .fetch_one(readers)
    .await
    .map_err(read_failed)
}

/// Ends at most so many deliveries: those of webhooks that are gone, and then those that are pending since before then.
pub(super) fn end_some(transaction: &Transaction<'_>, before: DateTime<Utc>, limit: u32) -> Result<u64> {
    const NEXT: &str = "select key_id, ending from webhook_queue where ending is not null limit 1";
    let limit = u64::from(limit);
    let mut ended = 0;
    while ended < limit {
        let left = limit - ended;
        let next = transaction.find(NEXT, [], |row| {
            Ok((get::<Uuid>(row, "key_id")?, get::<String>(row, "ending")?))
        })?;
        let Some((key, reason)) = next else {
            return Ok(ended + expire(transaction, before, left)?);
        };
        let done = end_of(transaction, key, &reason, left)?;
        if done < left {
            transaction.execute("delete from webhook_queue where key_id = ?1", [key])?;
        }
        ended += done;
    }
    Ok(ended)
}

fn end_of(transaction: &Transaction<'_>, key: Uuid, reason: &str, limit: u64) -> Result<u64> {
    let update =
        "update webhook_deliveries set status = 'failed', due_at = null, claimed_by = null, last_error = ?2
         where id in (select id from webhook_deliveries where key_id = ?1 and status = 'pending' limit ?3)";
    let ended = transaction.execute(update, params![key, reason, limit.cast_signed()])?;
    Ok(ended as u64)
}

fn expire(transaction: &Transaction<'_>, before: DateTime<Utc>, limit: u64) -> Result<u64> {
    let update =
        "update webhook_deliveries set status = 'failed', due_at = null, claimed_by = null, last_error = ?2
         where id in (select id from webhook_deliveries
                      where status = 'pending' and coalesce(replayed_at, created_at) < ?1 limit ?3)";
    let ended = transaction.execute(update, params![micros(before), EXPIRED, limit.cast_signed()])?;
    Ok(ended as u64)
}

/// Marks what is pending for a key that has no webhook, or a disabled one.
pub(super) fn end_orphan(transaction: &Transaction<'_>, key: Uuid) -> Result<()> {
    let webhook: Option<bool> = transaction.value("select true from webhooks where key_id = ?1", [key])?;
    let reason = match webhook {
        Some(_) => WEBHOOK_DISABLED,
        None => WEBHOOK_REMOVED,
    };
    end(transaction, key, reason)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SqliteStore;

    /// Idle webhooks cost nothing: nothing is scanned but the index of those that are due.
    #[tokio::test]
    async fn a_claim_looks_at_no_webhook_that_is_not_due() {
        let folder = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(&folder.path().join("ori.sqlite3"))
            .await
            .unwrap();
        let plan: Vec<(i64, i64, i64, String)> =
            sqlx::query_as(sqlx::AssertSqlSafe(format!("explain query plan {DUE}")))
                .fetch_all(&store.readers)
                .await
                .unwrap();
        let steps: Vec<&str> = plan.iter().map(|(.., step)| step.as_str()).collect();
        assert!(
            steps[0].starts_with("SEARCH q USING INDEX webhook_queue_due"),
            "{steps:?}"
        );
        assert!(!steps.iter().any(|step| step.starts_with("SCAN")), "{steps:?}");
    }
}
