//! The outbox: what is on its way to webhooks.

use chrono::{DateTime, Utc};
use ori_key::WebhookSecret;
use ori_shared::webhook::{CallEventType, DeliveryStatus, WebhookDelivery};
use ori_store::{
    Attempt, Claiming, DeliveryQuery, DueDelivery, Fate, GONE, Replay, Result, WEBHOOK_DISABLED,
};
use sqlx::postgres::{PgPool, PgRow};
use sqlx::{Postgres, QueryBuilder, Transaction};
use uuid::Uuid;

use crate::convert::{corrupt, failed, get};
use crate::time_limit::InTime as _;
use crate::{PostgresStore, commit};

/// Ends what is pending for that key.
pub(crate) async fn give_up(
    transaction: &mut Transaction<'_, Postgres>,
    key: Uuid,
    reason: &'static str,
) -> Result<()> {
    sqlx::query(
        "update webhook_deliveries set status = 'failed', due_at = null, claimed_by = null, last_error = $2
         where key_id = $1 and status = 'pending'",
    )
    .bind(key)
    .bind(reason)
    .execute(&mut **transaction)
    .in_time()
    .await
    .map_err(failed)?;
    Ok(())
}

pub(super) async fn list(readers: &PgPool, query: &DeliveryQuery) -> Result<(Vec<WebhookDelivery>, bool)> {
    let mut statement = QueryBuilder::new(concat!(select!(), " where true"));
    if let Some(key) = query.key {
        statement.push(" and key_id = ").push_bind(key);
    }
    if let Some(call) = query.call {
        statement.push(" and call_id = ").push_bind(call);
    }
    if let Some(status) = query.status {
        statement.push(" and status = ").push_bind(status.as_str());
    }
    if let Some(after) = query.after {
        statement.push(" and id < ").push_bind(after);
    }
    statement
        .push(" order by id desc limit ")
        .push_bind(i64::from(query.limit) + 1);
    let rows = statement
        .build()
        .fetch_all(readers)
        .in_time()
        .await
        .map_err(failed)?;
    let wanted = usize::try_from(query.limit).unwrap_or(usize::MAX);
    let page = rows.iter().take(wanted).map(delivery).collect::<Result<_>>()?;
    Ok((page, rows.len() > wanted))
}

pub(super) async fn replay(
    transaction: &mut Transaction<'_, Postgres>,
    id: Uuid,
    now: DateTime<Utc>,
) -> Result<Replay> {
    let key: Option<Uuid> = sqlx::query_scalar("select key_id from webhook_deliveries where id = $1")
        .bind(id)
        .fetch_optional(&mut **transaction)
        .in_time()
        .await
        .map_err(failed)?;
    let Some(key) = key else {
        return Ok(Replay::Unknown);
    };
    // It stays until this is committed: nothing is pending without a webhook.
    let works = sqlx::query("select 1 from webhooks where key_id = $1 and disabled_at is null for share")
        .bind(key)
        .fetch_optional(&mut **transaction)
        .in_time()
        .await
        .map_err(failed)?;
    if works.is_none() {
        return Ok(Replay::NoWebhook);
    }
    sqlx::query(
        "update webhook_deliveries
         set status = 'pending', due_at = $2, claimed_by = null, attempts_before = attempts where id = $1",
    )
    .bind(id)
    .bind(now)
    .execute(&mut **transaction)
    .in_time()
    .await
    .map_err(failed)?;
    let row = sqlx::query(concat!(select!(), " where id = $1"))
        .bind(id)
        .fetch_one(&mut **transaction)
        .in_time()
        .await
        .map_err(failed)?;
    delivery(&row).map(Replay::Due)
}

/// The oldest few of each webhook first, and of these as many as are wanted: what has piled up for one webhook is
/// neither read through nor in the way of the others.
///
/// One process claims at a time, so that no two choose the same.
pub(super) async fn claim(
    transaction: &mut Transaction<'_, Postgres>,
    claim: Claiming,
) -> Result<Vec<DueDelivery>> {
    sqlx::query("select pg_advisory_xact_lock($1)")
        .bind(CLAIM_LOCK)
        .execute(&mut **transaction)
        .in_time()
        .await
        .map_err(failed)?;
    let ids: Vec<Uuid> = sqlx::query_scalar(
        "select id from (
             select d.id, d.due_at, d.key_id,
                    row_number() over (partition by d.key_id order by d.due_at, d.id) as place
             from webhooks w cross join lateral (
                 select n.id, n.due_at, n.key_id from webhook_deliveries n
                 where n.key_id = w.key_id and n.status = 'pending' and n.due_at <= $1
                 order by n.due_at, n.id limit $2) d
         ) as due
         where place + (select count(*) from webhook_deliveries c
                        where c.key_id = due.key_id and c.claimed_by = $4 and c.due_at > $1) <= $2
         order by due_at, id limit $3",
    )
    .bind(claim.now)
    .bind(i64::from(claim.per_webhook))
    .bind(i64::from(claim.limit))
    .bind(claim.claimer)
    .fetch_all(&mut **transaction)
    .in_time()
    .await
    .map_err(failed)?;
    let mut claimed = Vec::with_capacity(ids.len());
    for id in ids {
        claimed.extend(claim_one(transaction, id, claim).await?);
    }
    Ok(claimed)
}

/// An advisory lock of this number is held by whoever claims deliveries.
const CLAIM_LOCK: i64 = 0x6f72_6977;

pub(super) async fn record(transaction: &mut Transaction<'_, Postgres>, attempt: &Attempt) -> Result<bool> {
    let (status, due_at) = match &attempt.fate {
        Fate::Delivered => (DeliveryStatus::Delivered, None),
        Fate::Again(at) => (DeliveryStatus::Pending, Some(*at)),
        Fate::GivenUp | Fate::Gone { .. } => (DeliveryStatus::Failed, None),
    };
    if matches!(attempt.fate, Fate::Gone { .. }) {
        lock_webhook(transaction, attempt.delivery).await?;
    }
    let key: Option<Uuid> = sqlx::query_scalar(
        "update webhook_deliveries set status = $3, due_at = $4, claimed_by = null, last_status = $5, last_error = $6
         where id = $1 and attempts = $2 and claimed_by is not null returning key_id",
    )
    .bind(attempt.delivery)
    .bind(i64::from(attempt.attempt))
    .bind(status.as_str())
    .bind(due_at)
    .bind(attempt.status.map(i32::from))
    .bind(attempt.error)
    .fetch_optional(&mut **transaction)
    .in_time()
    .await
    .map_err(failed)?;
    if let (Some(key), Fate::Gone { url }) = (key, &attempt.fate) {
        disable(transaction, key, url, attempt.now).await?;
    }
    Ok(key.is_some())
}

/// A webhook is locked before its deliveries, everywhere: of two that end what is pending, one waits for the other.
async fn lock_webhook(transaction: &mut Transaction<'_, Postgres>, delivery: Uuid) -> Result<()> {
    sqlx::query(
        "select 1 from webhooks where key_id = (select key_id from webhook_deliveries where id = $1) for update",
    )
    .bind(delivery)
    .execute(&mut **transaction)
    .in_time()
    .await
    .map_err(failed)?;
    Ok(())
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
    .execute(&mut *transaction)
    .in_time()
    .await
    .map_err(failed)?;
    commit(transaction).await?;
    Ok(forgotten.rows_affected())
}

/// `None` where it was given up, or its webhook removed, since it was chosen.
async fn claim_one(
    transaction: &mut Transaction<'_, Postgres>,
    id: Uuid,
    claim: Claiming,
) -> Result<Option<DueDelivery>> {
    let row = sqlx::query(
        "update webhook_deliveries d
         set attempts = attempts + 1, claimed_by = $4, due_at = $3, last_attempt_at = $2
         from webhooks w
         where d.id = $1 and d.status = 'pending' and d.due_at <= $2 and w.key_id = d.key_id
         returning d.key_id, d.attempts, d.attempts - d.attempts_before as round, d.body, w.url, w.secret,
                   case when w.previous_until > $2 then w.previous_secret end as previous_secret",
    )
    .bind(id)
    .bind(claim.now)
    .bind(claim.lease_until)
    .bind(claim.claimer)
    .fetch_optional(&mut **transaction)
    .in_time()
    .await
    .map_err(failed)?;
    let Some(row) = row else { return Ok(None) };
    let secrets = [
        get(&row, "secret")?,
        get::<Option<&[u8]>, _>(&row, "previous_secret")?,
    ];
    Ok(Some(DueDelivery {
        id,
        key: get(&row, "key_id")?,
        attempt: number(&row, "attempts")?,
        round: number(&row, "round")?,
        url: get(&row, "url")?,
        secrets: secrets.into_iter().flatten().map(secret).collect::<Result<_>>()?,
        body: get(&row, "body")?,
    }))
}

/// That address wants nothing more, unless it is not the webhook's any more.
async fn disable(
    transaction: &mut Transaction<'_, Postgres>,
    key: Uuid,
    url: &str,
    now: DateTime<Utc>,
) -> Result<()> {
    let disabled = sqlx::query(
        "update webhooks set disabled_at = $3, disabled_reason = $4 where key_id = $1 and url = $2 and disabled_at is null",
    )
    .bind(key)
    .bind(url)
    .bind(now)
    .bind(GONE)
    .execute(&mut **transaction)
    .in_time()
    .await
    .map_err(failed)?;
    if disabled.rows_affected() == 1 {
        give_up(transaction, key, WEBHOOK_DISABLED).await?;
    }
    Ok(())
}

/// The columns that [`delivery`] reads.
macro_rules! select {
    () => {
        "select id, key_id, call_id, event_type, status, attempts, last_attempt_at, last_status, last_error, due_at,
                created_at
         from webhook_deliveries"
    };
}
use select;

fn delivery(row: &PgRow) -> Result<WebhookDelivery> {
    Ok(WebhookDelivery {
        id: get(row, "id")?,
        key_id: get(row, "key_id")?,
        call_id: get(row, "call_id")?,
        event_type: CallEventType::parse(get(row, "event_type")?)
            .ok_or_else(|| corrupt("an event is of an unknown type"))?,
        status: DeliveryStatus::parse(get(row, "status")?)
            .ok_or_else(|| corrupt("a delivery has an unknown status"))?,
        attempts: number(row, "attempts")?,
        last_attempt_at: get(row, "last_attempt_at")?,
        last_status: get::<Option<i32>, _>(row, "last_status")?.and_then(|status| u16::try_from(status).ok()),
        last_error: get(row, "last_error")?,
        next_attempt_at: get(row, "due_at")?,
        created_at: get(row, "created_at")?,
    })
}

fn secret(bytes: &[u8]) -> Result<WebhookSecret> {
    let bytes = bytes
        .try_into()
        .map_err(|_| corrupt("a webhook's secret is not of its length"))?;
    Ok(WebhookSecret::from_bytes(bytes))
}

fn number(row: &PgRow, column: &str) -> Result<u32> {
    u32::try_from(get::<i32, _>(row, column)?).map_err(|_| corrupt("a count is negative"))
}
