//! The queue of webhooks: which have something due, and how their receivers fare. Triggers put a webhook in when an event
//! is inserted or replayed; its row is never later than what is due, and may be earlier.
//!
//! Lock order everywhere: the webhook, its row here, its deliveries.

use chrono::{DateTime, Utc};
use ori_store::rows::get;
use ori_store::{
    DueWebhook, EXPIRED, FAILING, LeaseRequest, Result, WEBHOOK_DISABLED, WEBHOOK_REMOVED, is_failing,
};
use sqlx::postgres::PgPool;
use sqlx::{Postgres, Transaction};
use uuid::Uuid;

use crate::statement::{ScalarQuery as _, Statement as _};

/// A webhook that has something due. Without a receiver it is one whose deliveries are to be ended.
pub(super) struct Due {
    pub(super) key: Uuid,
    pub(super) state: DueWebhook,
    pub(super) has_receiver: bool,
}

/// Number of due webhooks that a claim considers, least recently served first. It exceeds the number of concurrent attempts.
const LOOKED_AT: u32 = 256;

/// Returns when the next webhook is due.
pub(super) async fn next_due(readers: &PgPool) -> Result<Option<DateTime<Utc>>> {
    sqlx::query_scalar("select min(due_at) from webhook_queue where due_at is not null and ending is null")
        .value(readers)
        .await
}

/// Locks the webhooks that are due and returns them, except those that another transaction has locked: it claims their
/// deliveries, or adds one and wakes its worker afterwards.
pub(super) async fn due(
    transaction: &mut Transaction<'_, Postgres>,
    claim: &LeaseRequest,
) -> Result<Vec<Due>> {
    sqlx::query(
        "select q.key_id, q.failures, w.key_id is not null as has_receiver,
                (select count(*) from webhook_deliveries c
                 where c.key_id = q.key_id and c.claimed_by is not null and c.due_at > $1
                   and (c.claimed_by = $2 or q.failures >= $3)) as in_flight
         from webhook_queue q left join webhooks w on w.key_id = q.key_id and w.disabled_at is null
         where q.due_at <= $1 and q.due_at is not null and q.ending is null
         order by q.claimed_at nulls first, q.due_at limit $4 for update of q skip locked",
    )
    .bind(claim.now)
    .bind(claim.claimer)
    .bind(FAILING.cast_signed())
    .bind(i64::from(LOOKED_AT))
    .all(&mut **transaction, |row| {
        Ok(Due {
            key: get(row, "key_id")?,
            state: DueWebhook {
                failures: get(row, "failures")?,
                in_flight: get(row, "in_flight")?,
            },
            has_receiver: get(row, "has_receiver")?,
        })
    })
    .await
}

/// Puts the webhook back after a claim. While its receiver fails, the next attempt waits for the end of this one.
pub(super) async fn claimed(
    transaction: &mut Transaction<'_, Postgres>,
    webhook: &Due,
    claim: &LeaseRequest,
) -> Result<()> {
    let retry_at = is_failing(webhook.state.failures).then_some(claim.lease_until);
    sqlx::query(concat!(requeue!(), ", claimed_at = $3 where key_id = $1"))
        .bind(webhook.key)
        .bind(retry_at)
        .bind(claim.now)
        .run(&mut **transaction)
        .await?;
    Ok(())
}

/// Puts the webhook back after an attempt, with how often its receiver failed in a row and when it may be tried next.
pub(super) async fn attempted(
    transaction: &mut Transaction<'_, Postgres>,
    key: Uuid,
    failures: u32,
    retry_at: Option<DateTime<Utc>>,
) -> Result<()> {
    sqlx::query(concat!(requeue!(), ", failures = $3 where key_id = $1"))
        .bind(key)
        .bind(retry_at)
        .bind(failures.cast_signed())
        .run(&mut **transaction)
        .await?;
    Ok(())
}

/// Sets when the webhook `$1` is due, if it is not tried before `$2`.
macro_rules! requeue {
    () => {
        "update webhook_queue set retry_at = $2, due_at = (
             select greatest(min(due_at), case when min(due_at) is not null then $2 end) from webhook_deliveries
             where key_id = $1 and status = 'pending')"
    };
}
use requeue;

/// Locks the webhook's row and returns how often its receiver failed in a row.
pub(super) async fn failures(transaction: &mut Transaction<'_, Postgres>, key: Uuid) -> Result<u32> {
    let failures: Option<i32> =
        sqlx::query_scalar("select failures from webhook_queue where key_id = $1 for update")
            .bind(key)
            .find_value(&mut **transaction)
            .await?;
    Ok(failures.unwrap_or_default().cast_unsigned())
}

/// Marks all that is pending for that key to be ended.
pub(crate) async fn end(
    transaction: &mut Transaction<'_, Postgres>,
    key: Uuid,
    reason: &'static str,
) -> Result<()> {
    sqlx::query("update webhook_queue set ending = $2 where key_id = $1")
        .bind(key)
        .bind(reason)
        .run(&mut **transaction)
        .await?;
    Ok(())
}

/// Forgets how the receiver fared and that anything was to be ended: the webhook has an address again, or another one.
pub(super) async fn restart(
    transaction: &mut Transaction<'_, Postgres>,
    key: Uuid,
    now: DateTime<Utc>,
) -> Result<()> {
    sqlx::query(
        "update webhook_queue set ending = null, failures = 0, retry_at = null,
                due_at = case when due_at is not null then least(due_at, $2) end
         where key_id = $1",
    )
    .bind(key)
    .bind(now)
    .run(&mut **transaction)
    .await?;
    Ok(())
}

/// Makes the webhook due now, also if its receiver fails.
pub(super) async fn replayed(
    transaction: &mut Transaction<'_, Postgres>,
    key: Uuid,
    now: DateTime<Utc>,
) -> Result<()> {
    sqlx::query(
        "insert into webhook_queue as q (key_id, due_at) values ($1, $2)
         on conflict (key_id) do update set retry_at = null, due_at = least(q.due_at, $2)",
    )
    .bind(key)
    .bind(now)
    .run(&mut **transaction)
    .await?;
    Ok(())
}

/// Makes every webhook due that is not due before `now`: a claim finds out when each really is.
pub(super) async fn hasten(transaction: &mut Transaction<'_, Postgres>, now: DateTime<Utc>) -> Result<()> {
    sqlx::query(
        "update webhook_queue set due_at = $1, retry_at = null
         where due_at > $1 and due_at is not null and ending is null",
    )
    .bind(now)
    .run(&mut **transaction)
    .await?;
    Ok(())
}

/// Ends at most so many deliveries: those of webhooks that are gone, and then those that are pending since before then.
pub(super) async fn end_some(
    transaction: &mut Transaction<'_, Postgres>,
    before: DateTime<Utc>,
    limit: u32,
) -> Result<u64> {
    const NEXT: &str =
        "select key_id, ending from webhook_queue where ending is not null limit 1 for update skip locked";
    let limit = u64::from(limit);
    let mut ended = 0;
    while ended < limit {
        let ending = sqlx::query(NEXT).find(&mut **transaction, |row| {
            Ok((get::<Uuid>(row, "key_id")?, get::<String>(row, "ending")?))
        });
        let Some((key, reason)) = ending.await? else {
            return Ok(ended + expire(transaction, before, limit - ended).await?);
        };
        let left = limit - ended;
        let done = end_of(transaction, key, &reason, left).await?;
        if done < left {
            forget(transaction, key).await?;
        }
        ended += done;
    }
    Ok(ended)
}

async fn end_of(
    transaction: &mut Transaction<'_, Postgres>,
    key: Uuid,
    reason: &str,
    limit: u64,
) -> Result<u64> {
    let ended = sqlx::query(
        "update webhook_deliveries set status = 'failed', due_at = null, claimed_by = null, last_error = $2
         where id = any (array(
             select id from webhook_deliveries where key_id = $1 and status = 'pending' limit $3))",
    )
    .bind(key)
    .bind(reason)
    .bind(limit.cast_signed())
    .run(&mut **transaction)
    .await?;
    Ok(ended)
}

async fn expire(
    transaction: &mut Transaction<'_, Postgres>,
    before: DateTime<Utc>,
    limit: u64,
) -> Result<u64> {
    let ended = sqlx::query(
        "update webhook_deliveries set status = 'failed', due_at = null, claimed_by = null, last_error = $2
         where id = any (array(
             select id from webhook_deliveries
             where status = 'pending' and coalesce(replayed_at, created_at) < $1 limit $3 for update skip locked))",
    )
    .bind(before)
    .bind(EXPIRED)
    .bind(limit.cast_signed())
    .run(&mut **transaction)
        .await?;
    Ok(ended)
}

/// Removes a webhook from the queue that has nothing pending.
async fn forget(transaction: &mut Transaction<'_, Postgres>, key: Uuid) -> Result<()> {
    sqlx::query("delete from webhook_queue where key_id = $1")
        .bind(key)
        .run(&mut **transaction)
        .await?;
    Ok(())
}

/// Marks what is pending for a key that has no webhook, or a disabled one.
pub(super) async fn end_orphan(transaction: &mut Transaction<'_, Postgres>, key: Uuid) -> Result<()> {
    let is_there: bool = sqlx::query_scalar("select exists (select 1 from webhooks where key_id = $1)")
        .bind(key)
        .value(&mut **transaction)
        .await?;
    let reason = if is_there {
        WEBHOOK_DISABLED
    } else {
        WEBHOOK_REMOVED
    };
    end(transaction, key, reason).await
}
