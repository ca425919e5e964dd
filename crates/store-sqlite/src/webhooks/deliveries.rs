//! The outbox: what is on its way to webhooks.

use chrono::{DateTime, Utc};
use ori_key::WebhookSecret;
use ori_shared::webhook::{CallEventType, DeliveryStatus, WebhookDelivery};
use ori_store::{
    Attempt, Claiming, DeliveryQuery, DueDelivery, Fate, GONE, Replay, Result, WEBHOOK_DISABLED,
};
use sqlx::sqlite::{SqlitePool, SqliteRow};
use sqlx::{QueryBuilder, Sqlite, Transaction};
use uuid::Uuid;

use crate::SqliteStore;
use crate::convert::{corrupt, failed, get, instant, micros, optional_instant};

/// Ends what is pending for that key.
pub(crate) async fn give_up(
    transaction: &mut Transaction<'_, Sqlite>,
    key: Uuid,
    reason: &'static str,
) -> Result<()> {
    sqlx::query(
        "update webhook_deliveries set status = 'failed', due_at = null, claimed_by = null, last_error = ?2
         where key_id = ?1 and status = 'pending'",
    )
    .bind(key)
    .bind(reason)
    .execute(&mut **transaction)
    .await
    .map_err(failed)?;
    Ok(())
}

pub(super) async fn list(
    readers: &SqlitePool,
    query: &DeliveryQuery,
) -> Result<(Vec<WebhookDelivery>, bool)> {
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
    let rows = statement.build().fetch_all(readers).await.map_err(failed)?;
    let wanted = usize::try_from(query.limit).unwrap_or(usize::MAX);
    let page = rows.iter().take(wanted).map(delivery).collect::<Result<_>>()?;
    Ok((page, rows.len() > wanted))
}

pub(super) async fn replay(
    transaction: &mut Transaction<'_, Sqlite>,
    id: Uuid,
    now: DateTime<Utc>,
) -> Result<Replay> {
    let works: Option<bool> = sqlx::query_scalar(
        "select w.key_id is not null from webhook_deliveries d
         left join webhooks w on w.key_id = d.key_id and w.disabled_at is null where d.id = ?1",
    )
    .bind(id)
    .fetch_optional(&mut **transaction)
    .await
    .map_err(failed)?;
    match works {
        None => return Ok(Replay::Unknown),
        Some(false) => return Ok(Replay::NoWebhook),
        Some(true) => {}
    }
    sqlx::query(
        "update webhook_deliveries
         set status = 'pending', due_at = ?2, claimed_by = null, attempts_before = attempts where id = ?1",
    )
    .bind(id)
    .bind(micros(now))
    .execute(&mut **transaction)
    .await
    .map_err(failed)?;
    let row = sqlx::query(concat!(select!(), " where id = ?1"))
        .bind(id)
        .fetch_one(&mut **transaction)
        .await
        .map_err(failed)?;
    delivery(&row).map(Replay::Due)
}

/// The oldest few of each webhook first, and of these as many as are wanted: what has piled up for one webhook is
/// neither read through nor in the way of the others.
pub(super) async fn claim(
    transaction: &mut Transaction<'_, Sqlite>,
    claim: Claiming,
) -> Result<Vec<DueDelivery>> {
    let ids: Vec<Uuid> = sqlx::query_scalar(
        "select id from (
             select d.id, d.due_at, d.key_id,
                    row_number() over (partition by d.key_id order by d.due_at, d.id) as place
             from webhooks w join webhook_deliveries d on d.id in (
                 select n.id from webhook_deliveries n
                 where n.key_id = w.key_id and n.status = 'pending' and n.due_at <= ?1
                 order by n.due_at, n.id limit ?2)
         ) as due
         where place + (select count(*) from webhook_deliveries c
                        where c.key_id = due.key_id and c.claimed_by = ?4 and c.due_at > ?1) <= ?2
         order by due_at, id limit ?3",
    )
    .bind(micros(claim.now))
    .bind(claim.per_webhook)
    .bind(claim.limit)
    .bind(claim.claimer)
    .fetch_all(&mut **transaction)
    .await
    .map_err(failed)?;
    let mut claimed = Vec::with_capacity(ids.len());
    for id in ids {
        claimed.push(claim_one(transaction, id, claim).await?);
    }
    Ok(claimed)
}

pub(super) async fn record(transaction: &mut Transaction<'_, Sqlite>, attempt: &Attempt) -> Result<bool> {
    let (status, due_at) = match &attempt.fate {
        Fate::Delivered => (DeliveryStatus::Delivered, None),
        Fate::Again(at) => (DeliveryStatus::Pending, Some(*at)),
        Fate::GivenUp | Fate::Gone { .. } => (DeliveryStatus::Failed, None),
    };
    let key: Option<Uuid> = sqlx::query_scalar(
        "update webhook_deliveries set status = ?3, due_at = ?4, claimed_by = null, last_status = ?5, last_error = ?6
         where id = ?1 and attempts = ?2 and claimed_by is not null returning key_id",
    )
    .bind(attempt.delivery)
    .bind(attempt.attempt)
    .bind(status.as_str())
    .bind(due_at.map(micros))
    .bind(attempt.status)
    .bind(attempt.error)
    .fetch_optional(&mut **transaction)
    .await
    .map_err(failed)?;
    if let (Some(key), Fate::Gone { url }) = (key, &attempt.fate) {
        disable(transaction, key, url, attempt.now).await?;
    }
    Ok(key.is_some())
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

async fn claim_one(
    transaction: &mut Transaction<'_, Sqlite>,
    id: Uuid,
    claim: Claiming,
) -> Result<DueDelivery> {
    sqlx::query(
        "update webhook_deliveries set attempts = attempts + 1, claimed_by = ?4, due_at = ?3, last_attempt_at = ?2
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
        body: get(&row, "body")?,
    })
}

/// That address wants nothing more, unless it is not the webhook's any more.
async fn disable(
    transaction: &mut Transaction<'_, Sqlite>,
    key: Uuid,
    url: &str,
    now: DateTime<Utc>,
) -> Result<()> {
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
        next_attempt_at: optional_instant(row, "due_at")?,
        created_at: instant(row, "created_at")?,
    })
}

fn secret(bytes: &[u8]) -> Result<WebhookSecret> {
    let bytes = bytes
        .try_into()
        .map_err(|_| corrupt("a webhook's secret is not of its length"))?;
    Ok(WebhookSecret::from_bytes(bytes))
}
