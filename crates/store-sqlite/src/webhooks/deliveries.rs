//! The outbox: events on their way to webhooks.

use chrono::{DateTime, Utc};
use ori_shared::webhook::WebhookDelivery;
use ori_store::rows::get;
use ori_store::{
    Attempt, DeliveryQuery, DueDelivery, DueWebhook, Fate, GONE, LeaseRequest, Replay, Result,
    WEBHOOK_DISABLED, allot, cut, rows,
};
use rusqlite::params;
use sqlx::sqlite::SqlitePool;
use sqlx::{QueryBuilder, Sqlite};
use uuid::Uuid;

use super::queue;
use crate::codec::{map_rows, micros};
use crate::error::{corrupt, read_failed};
use crate::transaction::Transaction;

pub(super) async fn list(
    readers: &SqlitePool,
    query: &DeliveryQuery,
) -> Result<(Vec<WebhookDelivery>, bool)> {
    let mut statement = page(query);
    let rows = statement.build().fetch_all(readers).await.map_err(read_failed)?;
    let mut page = map_rows(&rows, rows::delivery)?;
    let is_more = cut(&mut page, query.limit);
    Ok((page, is_more))
}

/// Selects a page. A call has few deliveries: if one is given, its index is used, and no other.
fn page(query: &DeliveryQuery) -> QueryBuilder<Sqlite> {
    let unindexed = if query.call.is_some() { "+" } else { "" };
    let mut statement = QueryBuilder::new(concat!(select!(), " where true"));
    if let Some(call) = query.call {
        statement.push(" and d.call_id = ").push_bind(call);
    }
    if let Some(key) = query.key {
        statement
            .push(format_args!(" and {unindexed}d.key_id = "))
            .push_bind(key);
    }
    if let Some(status) = query.status {
        statement
            .push(format_args!(" and {unindexed}d.status = "))
            .push_bind(status.as_str());
    }
    if let Some(after) = query.after {
        statement.push(" and d.id < ").push_bind(after);
    }
    statement
        .push(" order by d.id desc limit ")
        .push_bind(i64::from(query.limit) + 1);
    statement
}

/// The columns that [`rows::delivery`] reads.
macro_rules! select {
    () => {
        "select d.id, d.key_id, d.call_id, d.event_type, d.status, d.attempts, d.last_attempt_at, d.last_status, d.last_error,
                max(d.due_at, coalesce(q.retry_at, d.due_at)) as next_attempt_at, d.created_at
         from webhook_deliveries d left join webhook_queue q on q.key_id = d.key_id"
    };
}
use select;

pub(super) fn replay(transaction: &Transaction<'_>, id: Uuid, now: DateTime<Utc>) -> Result<Replay> {
    const FIND: &str = "select d.key_id, w.key_id is not null as has_receiver from webhook_deliveries d
         left join webhooks w on w.key_id = d.key_id and w.disabled_at is null where d.id = ?1";
    const UPDATE: &str = "update webhook_deliveries
         set status = 'pending', due_at = ?2, replayed_at = ?2, claimed_by = null, attempts_before = attempts
         where id = ?1";
    let found = transaction.find(FIND, [id], |row| {
        Ok((get(row, "key_id")?, get(row, "has_receiver")?))
    })?;
    let key: Uuid = match found {
        None => return Ok(Replay::Unknown),
        Some((_, false)) => return Ok(Replay::NoWebhook),
        Some((key, true)) => key,
    };
    queue::replayed(transaction, key, now)?;
    transaction.execute(UPDATE, params![id, micros(now)])?;
    let delivery = transaction.find(concat!(select!(), " where d.id = ?1"), [id], rows::delivery)?;
    let delivery = delivery.ok_or_else(|| corrupt("a delivery that was just read is not there"))?;
    Ok(Replay::Due(delivery))
}

/// Chooses webhooks and then the oldest due deliveries of each: what has piled up for one webhook is neither read through
/// nor in the way of the others.
pub(super) fn claim(transaction: &Transaction<'_>, claim: &LeaseRequest) -> Result<Vec<DueDelivery>> {
    let due = queue::due(transaction, claim)?;
    let (due, orphans): (Vec<_>, Vec<_>) = due.into_iter().partition(|webhook| webhook.has_receiver);
    for orphan in orphans {
        queue::end_orphan(transaction, orphan.key)?;
    }
    let states: Vec<DueWebhook> = due.iter().map(|webhook| webhook.state).collect();
    let mut claimed = Vec::new();
    let mut max_bytes = claim.max_bytes;
    for (webhook, count) in due.iter().zip(allot(&states, claim)) {
        if count > 0 && max_bytes > 0 {
            let some = claim_some(transaction, webhook.key, count, max_bytes, claim)?;
            queue::claimed(transaction, webhook, claim)?;
            let bytes = some.iter().map(|due| due.body.len()).sum();
            max_bytes = max_bytes.saturating_sub(bytes);
            claimed.extend(some);
        }
    }
    Ok(claimed)
}

/// Claims the oldest due deliveries of one webhook. One whose claim has lapsed was interrupted: that attempt does not
/// count in its schedule.
fn claim_some(
    transaction: &Transaction<'_>,
    key: Uuid,
    count: u32,
    max_bytes: usize,
    claim: &LeaseRequest,
) -> Result<Vec<DueDelivery>> {
    const FIND: &str = "select id from (
         select id, sum(bytes) over (order by due_at, id rows between unbounded preceding and 1 preceding) as before
         from (select id, due_at, octet_length(body) as bytes from webhook_deliveries
               where key_id = ?1 and status = 'pending' and due_at <= ?2 order by due_at limit ?3))
     where coalesce(before, 0) < ?4";
    const CLAIM: &str = "update webhook_deliveries
         set attempts = attempts + 1, attempts_before = attempts_before + (claimed_by is not null), claimed_by = ?4,
             due_at = ?3, last_attempt_at = ?2
         where id = ?1";
    const READ: &str =
        "select d.id, d.key_id, d.attempts, d.attempts - d.attempts_before as round, d.body, w.url, w.secret,
                coalesce(d.replayed_at, d.created_at) as since,
                case when w.previous_until > ?2 then w.previous_secret end as previous_secret
         from webhook_deliveries d join webhooks w on w.key_id = d.key_id where d.id = ?1";
    let now = micros(claim.now);
    let max_bytes = i64::try_from(max_bytes).unwrap_or(i64::MAX);
    let ids: Vec<Uuid> = transaction.all(FIND, params![key, now, count, max_bytes], |row| get(row, "id"))?;
    let claim_one = |id| {
        transaction.execute(CLAIM, params![id, now, micros(claim.lease_until), claim.claimer])?;
        let due = transaction.find(READ, params![id, now], rows::due_delivery)?;
        due.ok_or_else(|| corrupt("a delivery that was just read is not there"))
    };
    ids.into_iter().map(claim_one).collect()
}

pub(super) fn record(transaction: &Transaction<'_>, attempt: &Attempt) -> Result<bool> {
    const FIND: &str =
        "select key_id from webhook_deliveries where id = ?1 and attempts = ?2 and claimed_by is not null";
    const UPDATE: &str = "update webhook_deliveries
         set status = ?2, due_at = ?3, claimed_by = null, last_status = ?4, last_error = ?5 where id = ?1";
    let key = transaction.value(FIND, params![attempt.delivery, attempt.attempt])?;
    let Some(key) = key else { return Ok(false) };
    let is_moved = match &attempt.fate {
        Fate::Gone { url } => disable(transaction, key, url, attempt.now)?,
        _ => false,
    };
    let (status, due_at) = attempt.outcome(is_moved);
    let values = params![
        attempt.delivery,
        status.as_str(),
        due_at.map(micros),
        attempt.status,
        attempt.error,
    ];
    transaction.execute(UPDATE, values)?;
    let (failures, retry_at) = attempt.failures(queue::failures(transaction, key)?);
    queue::attempted(transaction, key, failures, retry_at)?;
    Ok(true)
}

/// Disables the webhook if it still has that address. Returns whether it works and has another one.
fn disable(transaction: &Transaction<'_>, key: Uuid, url: &str, now: DateTime<Utc>) -> Result<bool> {
    const DISABLE: &str = "update webhooks set disabled_at = ?3, disabled_reason = ?4 where key_id = ?1 and url = ?2 and disabled_at is null";
    const WORKS: &str = "select true from webhooks where key_id = ?1 and disabled_at is null";
    if transaction.execute_one(DISABLE, params![key, url, micros(now), GONE])? {
        queue::end(transaction, key, WEBHOOK_DISABLED)?;
        return Ok(false);
    }
    let works: Option<bool> = transaction.value(WORKS, [key])?;
    Ok(works.is_some())
}

/// Makes due what a clock put off that has been set back since, among the `limit` pending deliveries after that one.
pub(super) fn hasten(
    transaction: &Transaction<'_>,
    now: DateTime<Utc>,
    claims_end: DateTime<Utc>,
    after: Option<Uuid>,
    limit: u32,
) -> Result<Option<Uuid>> {
    const FIND: &str = "select id, due_at > ?1 and case when claimed_by is null then coalesce(last_attempt_at, created_at) > ?1
                                         else due_at > ?2 end as is_late
         from webhook_deliveries where status = 'pending' and id > ?3 order by id limit ?4";
    let values = params![
        micros(now),
        micros(claims_end),
        after.unwrap_or(Uuid::nil()),
        limit
    ];
    let found: Vec<(Uuid, bool)> =
        transaction.all(FIND, values, |row| Ok((get(row, "id")?, get(row, "is_late")?)))?;
    for (id, _) in found.iter().filter(|(_, is_late)| *is_late) {
        let update = "update webhook_deliveries set due_at = ?2 where id = ?1";
        transaction.execute(update, params![id, micros(now)])?;
    }
    let is_more = found.len() as u64 == u64::from(limit);
    Ok(found.last().map(|(id, _)| *id).filter(|_| is_more))
}

#[cfg(test)]
mod tests {
    use ori_shared::webhook::DeliveryStatus;
    use sqlx::Execute as _;

    use super::*;
    use crate::SqliteStore;

    /// Whatever the filters, a page reads no more deliveries than it shows, or those of one call.
    #[tokio::test]
    async fn a_page_is_read_from_the_index_of_its_filters() {
        let folder = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(&folder.path().join("ori.sqlite3"))
            .await
            .unwrap();
        let id = Some(Uuid::nil());
        let failed = Some(DeliveryStatus::Failed);
        for (key, call, status, index) in [
            (id, None, None, "webhook_deliveries_by_key "),
            (None, id, None, "webhook_deliveries_by_call "),
            (None, None, failed, "webhook_deliveries_by_status "),
            (id, None, failed, "webhook_deliveries_by_key_status "),
            (id, id, None, "webhook_deliveries_by_call "),
            (None, id, failed, "webhook_deliveries_by_call "),
            (id, id, failed, "webhook_deliveries_by_call "),
        ] {
            for after in [None, id] {
                let query = DeliveryQuery {
                    key,
                    call,
                    status,
                    after,
                    limit: 9,
                };
                let sql = format!("explain query plan {}", page(&query).build().sql().as_str());
                let plan: Vec<(i64, i64, i64, String)> = sqlx::query_as(sqlx::AssertSqlSafe(sql))
                    .fetch_all(&store.readers)
                    .await
                    .unwrap();
                let steps: Vec<&str> = plan.iter().map(|(.., step)| step.as_str()).collect();
                assert!(
                    steps[0].contains(&format!("USING INDEX {index}")),
                    "{query:?}: {steps:?}"
                );
                assert!(
                    !steps.iter().any(|step| step.contains("TEMP B-TREE")),
                    "{query:?}: {steps:?}"
                );
            }
        }
    }
}
