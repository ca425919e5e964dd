//! The outbox: what is on its way to webhooks.

use chrono::{DateTime, Utc};
use ori_key::WebhookSecret;
use ori_shared::webhook::{CallEventType, DeliveryStatus, WebhookDelivery};
use ori_store::{
    Attempt, Claiming, DeliveryQuery, DueDelivery, DueWebhook, Fate, GONE, Replay, Result, WEBHOOK_DISABLED,
    allot, back_off,
};
use sqlx::sqlite::{SqlitePool, SqliteRow};
use sqlx::{QueryBuilder, Sqlite, Transaction};
use uuid::Uuid;

use super::queue;
use crate::SqliteStore;
use crate::convert::{corrupt, failed, get, instant, micros, optional_instant};

pub(super) async fn list(
    readers: &SqlitePool,
    query: &DeliveryQuery,
) -> Result<(Vec<WebhookDelivery>, bool)> {
    let mut statement = page(query);
    let rows = statement.build().fetch_all(readers).await.map_err(failed)?;
    let wanted = usize::try_from(query.limit).unwrap_or(usize::MAX);
    let page = rows.iter().take(wanted).map(delivery).collect::<Result<_>>()?;
    Ok((page, rows.len() > wanted))
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

pub(super) async fn replay(
    transaction: &mut Transaction<'_, Sqlite>,
    id: Uuid,
    now: DateTime<Utc>,
) -> Result<Replay> {
    let found: Option<(Uuid, bool)> = sqlx::query_as(
        "select d.key_id, w.key_id is not null from webhook_deliveries d
         left join webhooks w on w.key_id = d.key_id and w.disabled_at is null where d.id = ?1",
    )
    .bind(id)
    .fetch_optional(&mut **transaction)
    .await
    .map_err(failed)?;
    let key = match found {
        None => return Ok(Replay::Unknown),
        Some((_, false)) => return Ok(Replay::NoWebhook),
        Some((key, true)) => key,
    };
    queue::replayed(transaction, key, now).await?;
    sqlx::query(
        "update webhook_deliveries
         set status = 'pending', due_at = ?2, replayed_at = ?2, claimed_by = null, attempts_before = attempts
         where id = ?1",
    )
    .bind(id)
    .bind(micros(now))
    .execute(&mut **transaction)
    .await
    .map_err(failed)?;
    let row = sqlx::query(concat!(select!(), " where d.id = ?1"))
        .bind(id)
        .fetch_one(&mut **transaction)
        .await
        .map_err(failed)?;
    delivery(&row).map(Replay::Due)
}

/// Chooses webhooks and then the oldest due deliveries of each: what has piled up for one webhook is neither read through
/// nor in the way of the others.
pub(super) async fn claim(
    transaction: &mut Transaction<'_, Sqlite>,
    claim: Claiming,
) -> Result<Vec<DueDelivery>> {
    let due = queue::due(transaction, &claim).await?;
    let (due, orphans): (Vec<_>, Vec<_>) = due.into_iter().partition(|webhook| webhook.has_receiver);
    for orphan in orphans {
        queue::end_orphan(transaction, orphan.key).await?;
    }
    let states: Vec<DueWebhook> = due.iter().map(|webhook| webhook.state).collect();
    let mut claimed = Vec::new();
    let mut max_bytes = claim.max_bytes;
    for (webhook, count) in due.iter().zip(allot(&states, &claim)) {
        if count > 0 && max_bytes > 0 {
            let some = claim_some(transaction, webhook.key, count, max_bytes, &claim).await?;
            queue::claimed(transaction, webhook, &claim).await?;
            let bytes = some.iter().map(|due| due.body.len()).sum();
            max_bytes = max_bytes.saturating_sub(bytes);
            claimed.extend(some);
        }
    }
    Ok(claimed)
}

pub(super) async fn record(transaction: &mut Transaction<'_, Sqlite>, attempt: &Attempt) -> Result<bool> {
    let key: Option<Uuid> = sqlx::query_scalar(
        "select key_id from webhook_deliveries where id = ?1 and attempts = ?2 and claimed_by is not null",
    )
    .bind(attempt.delivery)
    .bind(attempt.attempt)
    .fetch_optional(&mut **transaction)
    .await
    .map_err(failed)?;
    let Some(key) = key else { return Ok(false) };
    let is_moved = match &attempt.fate {
        Fate::Gone { url } => disable(transaction, key, url, attempt.now).await?,
        _ => false,
    };
    let (status, due_at) = match &attempt.fate {
        Fate::Delivered => (DeliveryStatus::Delivered, None),
        Fate::Again(at) => (DeliveryStatus::Pending, Some(*at)),
        Fate::Gone { .. } if is_moved => (DeliveryStatus::Pending, Some(attempt.now)),
        Fate::GivenUp | Fate::Gone { .. } => (DeliveryStatus::Failed, None),
    };
    sqlx::query(
        "update webhook_deliveries set status = ?2, due_at = ?3, claimed_by = null, last_status = ?4, last_error = ?5
         where id = ?1",
    )
    .bind(attempt.delivery)
    .bind(status.as_str())
    .bind(due_at.map(micros))
    .bind(attempt.status)
    .bind(attempt.error)
    .execute(&mut **transaction)
    .await
    .map_err(failed)?;
    let failures = match attempt.fate {
        Fate::Again(_) | Fate::GivenUp => queue::failures(transaction, key).await?.saturating_add(1),
        Fate::Delivered | Fate::Gone { .. } => 0,
    };
    let retry_at = back_off(failures).map(|pause| attempt.now + pause);
    queue::attempted(transaction, key, failures, retry_at).await?;
    Ok(true)
}

/// Makes due what a clock put off that has been set back since, among the `limit` pending deliveries after that one.
pub(super) async fn hasten(
    transaction: &mut Transaction<'_, Sqlite>,
    now: DateTime<Utc>,
    claims_end: DateTime<Utc>,
    after: Option<Uuid>,
    limit: u32,
) -> Result<Option<Uuid>> {
    let rows: Vec<(Uuid, bool)> = sqlx::query_as(
        "select id, due_at > ?1 and case when claimed_by is null then coalesce(last_attempt_at, created_at) > ?1
                                         else due_at > ?2 end
         from webhook_deliveries where status = 'pending' and id > ?3 order by id limit ?4",
    )
    .bind(micros(now))
    .bind(micros(claims_end))
    .bind(after.unwrap_or(Uuid::nil()))
    .bind(limit)
    .fetch_all(&mut **transaction)
    .await
    .map_err(failed)?;
    for (id, _) in rows.iter().filter(|(_, is_late)| *is_late) {
        sqlx::query("update webhook_deliveries set due_at = ?2 where id = ?1")
            .bind(id)
            .bind(micros(now))
            .execute(&mut **transaction)
            .await
            .map_err(failed)?;
    }
    let is_more = rows.len() as u64 == u64::from(limit);
    Ok(rows.last().map(|(id, _)| *id).filter(|_| is_more))
}

pub(super) async fn forget(store: &SqliteStore, before: DateTime<Utc>, limit: u32) -> Result<u64> {
    let mut writer = store.writer().await?;
    let mut transaction = writer.begin().await?;
    let forgotten = sqlx::query(
        "delete from webhook_deliveries where id in (
             select id from webhook_deliveries where created_at < ?1 and status <> 'pending'
             limit ?2)",
    )
    .bind(micros(before))
    .bind(limit)
    .execute(&mut *transaction)
    .await
    .map_err(failed)?;
    transaction.commit().await.map_err(failed)?;
    Ok(forgotten.rows_affected())
}

/// Claims the oldest due deliveries of one webhook. One whose claim has lapsed was interrupted: that attempt does not
/// count in its schedule.
async fn claim_some(
    transaction: &mut Transaction<'_, Sqlite>,
    key: Uuid,
    count: u32,
    max_bytes: usize,
    claim: &Claiming,
) -> Result<Vec<DueDelivery>> {
    let ids: Vec<Uuid> = sqlx::query_scalar(
        "select id from (
             select id, sum(bytes) over (order by due_at, id rows between unbounded preceding and 1 preceding) as before
             from (select id, due_at, octet_length(body) as bytes from webhook_deliveries
                   where key_id = ?1 and status = 'pending' and due_at <= ?2 order by due_at limit ?3))
         where coalesce(before, 0) < ?4",
    )
    .bind(key)
    .bind(micros(claim.now))
    .bind(count)
    .bind(i64::try_from(max_bytes).unwrap_or(i64::MAX))
    .fetch_all(&mut **transaction)
    .await
    .map_err(failed)?;
    let mut claimed = Vec::with_capacity(ids.len());
    for id in ids {
        claimed.push(claim_one(transaction, id, claim).await?);
    }
    Ok(claimed)
}

async fn claim_one(
    transaction: &mut Transaction<'_, Sqlite>,
    id: Uuid,
    claim: &Claiming,
) -> Result<DueDelivery> {
    sqlx::query(
        "update webhook_deliveries
         set attempts = attempts + 1, attempts_before = attempts_before + (claimed_by is not null), claimed_by = ?4,
             due_at = ?3, last_attempt_at = ?2
         where id = ?1",
    )
    .bind(id)
    .bind(micros(claim.now))
    .bind(micros(claim.lease_until))
    .bind(claim.claimer)
    .execute(&mut **transaction)
    .await
    .map_err(failed)?;
    let row = sqlx::query(
        "select d.key_id, d.attempts, d.attempts - d.attempts_before as round, d.body, w.url, w.secret,
                coalesce(d.replayed_at, d.created_at) as since,
                case when w.previous_until > ?2 then w.previous_secret end as previous_secret
         from webhook_deliveries d join webhooks w on w.key_id = d.key_id where d.id = ?1",
    )
    .bind(id)
    .bind(micros(claim.now))
    .fetch_one(&mut **transaction)
    .await
    .map_err(failed)?;
    let secrets = [
        get(&row, "secret")?,
        get::<Option<&[u8]>, _>(&row, "previous_secret")?,
    ];
    Ok(DueDelivery {
        id,
        key: get(&row, "key_id")?,
        attempt: get(&row, "attempts")?,
        round: get(&row, "round")?,
        url: get(&row, "url")?,
        secrets: secrets.into_iter().flatten().map(secret).collect::<Result<_>>()?,
        since: instant(&row, "since")?,
        body: get(&row, "body")?,
    })
}

/// Disables the webhook if it still has that address. Returns whether it works and has another one.
async fn disable(
    transaction: &mut Transaction<'_, Sqlite>,
    key: Uuid,
    url: &str,
    now: DateTime<Utc>,
) -> Result<bool> {
    let disabled = sqlx::query(
        "update webhooks set disabled_at = ?3, disabled_reason = ?4 where key_id = ?1 and url = ?2 and disabled_at is null",
    )
    .bind(key)
    .bind(url)
    .bind(micros(now))
    .bind(GONE)
    .execute(&mut **transaction)
    .await
    .map_err(failed)?;
    if disabled.rows_affected() == 1 {
        queue::end(transaction, key, WEBHOOK_DISABLED).await?;
        return Ok(false);
    }
    sqlx::query_scalar("select exists (select 1 from webhooks where key_id = ?1 and disabled_at is null)")
        .bind(key)
        .fetch_one(&mut **transaction)
        .await
        .map_err(failed)
}

/// The columns that [`delivery`] reads.
macro_rules! select {
    () => {
        "select d.id, d.key_id, d.call_id, d.event_type, d.status, d.attempts, d.last_attempt_at, d.last_status, d.last_error,
                max(d.due_at, coalesce(q.retry_at, d.due_at)) as next_attempt_at, d.created_at
         from webhook_deliveries d left join webhook_queue q on q.key_id = d.key_id"
    };
}
use select;

fn delivery(row: &SqliteRow) -> Result<WebhookDelivery> {
    Ok(WebhookDelivery {
        id: get(row, "id")?,
        key_id: get(row, "key_id")?,
        call_id: get(row, "call_id")?,
        event_type: CallEventType::parse(get(row, "event_type")?)
            .ok_or_else(|| corrupt("an event is of an unknown type"))?,
        status: DeliveryStatus::parse(get(row, "status")?)
            .ok_or_else(|| corrupt("a delivery has an unknown status"))?,
        attempts: get(row, "attempts")?,
        last_attempt_at: optional_instant(row, "last_attempt_at")?,
        last_status: get(row, "last_status")?,
        last_error: get(row, "last_error")?,
        next_attempt_at: optional_instant(row, "next_attempt_at")?,
        created_at: instant(row, "created_at")?,
    })
}

fn secret(bytes: &[u8]) -> Result<WebhookSecret> {
    let bytes = bytes
        .try_into()
        .map_err(|_| corrupt("a webhook's secret is not of its length"))?;
    Ok(WebhookSecret::from_bytes(bytes))
}

#[cfg(test)]
mod tests {
    use sqlx::Execute as _;

    use super::*;

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
