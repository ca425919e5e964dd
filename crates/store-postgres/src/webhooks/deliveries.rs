//! The outbox: what is on its way to webhooks.

use chrono::{DateTime, Utc};
use ori_shared::webhook::{DeliveryStatus, WebhookDelivery};
use ori_store::{
    Attempt, DeliveryQuery, DueDelivery, DueWebhook, Fate, GONE, LeaseRequest, Replay, Result,
    WEBHOOK_DISABLED, allot, cut, rows,
};
use sqlx::postgres::PgPool;
use sqlx::{Postgres, QueryBuilder, Transaction};
use uuid::Uuid;

use super::queue;
use crate::error::corrupt;
use crate::statement::{ScalarQuery as _, Statement as _};
use crate::{PostgresStore, commit};

pub(super) async fn list(readers: &PgPool, query: &DeliveryQuery) -> Result<(Vec<WebhookDelivery>, bool)> {
    let mut statement = QueryBuilder::new(concat!(select!(), " where true"));
    if let Some(key) = query.key {
        statement.push(" and d.key_id = ").push_bind(key);
    }
    if let Some(call) = query.call {
        statement.push(" and d.call_id = ").push_bind(call);
    }
    if let Some(status) = query.status {
        statement.push(" and d.status = ").push_bind(status.as_str());
    }
    if let Some(after) = query.after {
        statement.push(" and d.id < ").push_bind(after);
    }
    statement
        .push(" order by d.id desc limit ")
        .push_bind(i64::from(query.limit) + 1);
    let mut page = statement.build().all(readers, rows::delivery).await?;
    let is_more = cut(&mut page, query.limit);
    Ok((page, is_more))
}

pub(super) async fn replay(
    transaction: &mut Transaction<'_, Postgres>,
    id: Uuid,
    now: DateTime<Utc>,
) -> Result<Replay> {
    let key: Option<Uuid> = sqlx::query_scalar("select key_id from webhook_deliveries where id = $1")
        .bind(id)
        .find_value(&mut **transaction)
        .await?;
    let Some(key) = key else {
        return Ok(Replay::Unknown);
    };
    // It stays until this is committed: a webhook that is removed finds the delivery and ends it.
    let works: Option<i32> =
        sqlx::query_scalar("select 1 from webhooks where key_id = $1 and disabled_at is null for share")
            .bind(key)
            .find_value(&mut **transaction)
            .await?;
    if works.is_none() {
        return Ok(Replay::NoWebhook);
    }
    queue::replayed(transaction, key, now).await?;
    sqlx::query(
        "update webhook_deliveries
         set status = 'pending', due_at = $2, replayed_at = $2, claimed_by = null, attempts_before = attempts
         where id = $1",
    )
    .bind(id)
    .bind(now)
    .run(&mut **transaction)
    .await?;
    let delivery = sqlx::query(concat!(select!(), " where d.id = $1"))
        .bind(id)
        .find(&mut **transaction, rows::delivery)
        .await?;
    let delivery = delivery.ok_or_else(|| corrupt("a delivery that was just read is not there"))?;
    Ok(Replay::Due(delivery))
}

/// Chooses webhooks and then the oldest due deliveries of each: what has piled up for one webhook is neither read through
/// nor in the way of the others.
pub(super) async fn claim(
    transaction: &mut Transaction<'_, Postgres>,
    claim: LeaseRequest,
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

pub(super) async fn record(transaction: &mut Transaction<'_, Postgres>, attempt: &Attempt) -> Result<bool> {
    let key: Option<Uuid> = sqlx::query_scalar("select key_id from webhook_deliveries where id = $1")
        .bind(attempt.delivery)
        .find_value(&mut **transaction)
        .await?;
    let Some(key) = key else { return Ok(false) };
    let works = match &attempt.fate {
        Fate::Gone { .. } => lock_webhook(transaction, key).await?,
        _ => None,
    };
    let (failures, retry_at) = attempt.failures(queue::failures(transaction, key).await?);
    let has_moved = match (&attempt.fate, &works) {
        (Fate::Gone { url }, Some(current)) => current != url,
        _ => false,
    };
    let (status, due_at) = attempt.outcome(has_moved);
    let recorded = sqlx::query(
        "update webhook_deliveries set status = $3, due_at = $4, claimed_by = null, last_status = $5, last_error = $6
         where id = $1 and attempts = $2 and claimed_by is not null",
    )
    .bind(attempt.delivery)
    .bind(i64::from(attempt.attempt))
    .bind(status.as_str())
    .bind(due_at)
    .bind(attempt.status.map(i32::from))
    .bind(attempt.error)
    .run(&mut **transaction)
        .await?;
    if recorded == 0 {
        return Ok(false);
    }
    if status == DeliveryStatus::Failed && works.is_some() {
        disable(transaction, key, attempt.now).await?;
    }
    queue::attempted(transaction, key, failures, retry_at).await?;
    Ok(true)
}

/// Locks the webhook of that key and returns its address, if it has one that is not disabled.
async fn lock_webhook(transaction: &mut Transaction<'_, Postgres>, key: Uuid) -> Result<Option<String>> {
    sqlx::query_scalar("select url from webhooks where key_id = $1 and disabled_at is null for update")
        .bind(key)
        .find_value(&mut **transaction)
        .await
}

/// Makes due what a clock put off that has been set back since, among the `limit` pending deliveries after that one. Passes
/// over those that another transaction has locked: they are being claimed or recorded, by the clock as it is now.
pub(super) async fn hasten(
    transaction: &mut Transaction<'_, Postgres>,
    now: DateTime<Utc>,
    claims_end: DateTime<Utc>,
    after: Option<Uuid>,
    limit: u32,
) -> Result<Option<Uuid>> {
    let ids: Vec<Uuid> = sqlx::query_scalar(
        "with pending as materialized (
             select id from webhook_deliveries where status = 'pending' and id > $3 order by id limit $4
         ), late as (
             select id from webhook_deliveries
             where id = any (array(select id from pending)) and status = 'pending' and due_at > $1
               and case when claimed_by is null then coalesce(last_attempt_at, created_at) > $1 else due_at > $2 end
             for update skip locked
         ), hastened as (
             update webhook_deliveries set due_at = $1 where id = any (array(select id from late))
         )
         select id from pending order by id",
    )
    .bind(now)
    .bind(claims_end)
    .bind(after.unwrap_or(Uuid::nil()))
    .bind(i64::from(limit))
    .values(&mut **transaction)
    .await?;
    let is_more = ids.len() as u64 == u64::from(limit);
    Ok(ids.last().copied().filter(|_| is_more))
}

pub(super) async fn forget(store: &PostgresStore, before: DateTime<Utc>, limit: u32) -> Result<u64> {
    let mut transaction = store.begin().await?;
    let forgotten = sqlx::query(
        "delete from webhook_deliveries where id in (
             select id from webhook_deliveries where created_at < $1 and status <> 'pending'
             limit $2 for update skip locked)",
    )
    .bind(before)
    .bind(i64::from(limit))
    .run(&mut *transaction)
    .await?;
    commit(transaction).await?;
    Ok(forgotten)
}

/// Claims the oldest due deliveries of one webhook. One whose claim has lapsed was interrupted: that attempt does not
/// count in its schedule.
async fn claim_some(
    transaction: &mut Transaction<'_, Postgres>,
    key: Uuid,
    count: u32,
    max_bytes: usize,
    claim: &LeaseRequest,
) -> Result<Vec<DueDelivery>> {
    sqlx::query(
        "with locked as materialized (
             select id, due_at, octet_length(body) as bytes from webhook_deliveries
             where key_id = $1 and status = 'pending' and due_at <= $2
             order by due_at limit $3 for update skip locked
         ), due as (
             select id, sum(bytes) over (order by due_at, id rows between unbounded preceding and 1 preceding) as before
             from locked
         )
         update webhook_deliveries d
         set attempts = attempts + 1, attempts_before = attempts_before + (claimed_by is not null)::integer,
             claimed_by = $5, due_at = $4, last_attempt_at = $2
         from due, webhooks w
         where d.id = due.id and coalesce(due.before, 0) < $6 and w.key_id = $1
         returning d.id, d.key_id, d.attempts, d.attempts - d.attempts_before as round, d.body, w.url, w.secret,
                   coalesce(d.replayed_at, d.created_at) as since,
                   case when w.previous_until > $2 then w.previous_secret end as previous_secret",
    )
    .bind(key)
    .bind(claim.now)
    .bind(i64::from(count))
    .bind(claim.lease_until)
    .bind(claim.claimer)
    .bind(i64::try_from(max_bytes).unwrap_or(i64::MAX))
    .all(&mut **transaction, rows::due_delivery)
    .await
}

/// Disables the webhook, whose receiver wants nothing more.
async fn disable(transaction: &mut Transaction<'_, Postgres>, key: Uuid, now: DateTime<Utc>) -> Result<()> {
    sqlx::query("update webhooks set disabled_at = $2, disabled_reason = $3 where key_id = $1")
        .bind(key)
        .bind(now)
        .bind(GONE)
        .run(&mut **transaction)
        .await?;
    queue::end(transaction, key, WEBHOOK_DISABLED).await
}

/// The columns that [`rows::delivery`] reads.
macro_rules! select {
    () => {
        "select d.id, d.key_id, d.call_id, d.event_type, d.status, d.attempts, d.last_attempt_at, d.last_status, d.last_error,
                case when d.due_at is not null then greatest(d.due_at, q.retry_at) end as next_attempt_at, d.created_at
         from webhook_deliveries d left join webhook_queue q on q.key_id = d.key_id"
    };
}
use select;
