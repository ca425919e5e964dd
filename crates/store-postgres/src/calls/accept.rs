use ori_shared::api_key::KeyStatus;
use ori_shared::call::CallStatus;
use ori_store::{Acceptance, Answer, Claim, NewCall, Result};
use sqlx::postgres::PgRow;
use sqlx::{Postgres, Transaction};
use uuid::Uuid;

use super::add_event;
use crate::convert::{corrupt, failed, get, optional_text, text};

/// Decides, and records where the answer is yes. Nothing is to be committed where it is no.
pub(super) async fn accept(
    transaction: &mut Transaction<'_, Postgres>,
    call: &NewCall,
) -> Result<Acceptance> {
    let Some(key) = key(transaction, call).await? else {
        return Ok(Acceptance::UnknownKey);
    };
    let id: Uuid = get(&key, "id")?;
    match KeyStatus::at(get(&key, "is_active")?, get(&key, "expires_at")?, call.now) {
        KeyStatus::Inactive => return Ok(Acceptance::Inactive),
        KeyStatus::Expired => return Ok(Acceptance::Expired),
        KeyStatus::Active => {}
    }
    if let Some(claim) = &call.claim
        && let Some(before) = claimed_before(transaction, id, claim).await?
    {
        return Ok(before);
    }
    if is_queue_full(transaction, call).await? {
        return Ok(Acceptance::QueueFull);
    }
    record(transaction, call, id, get(&key, "name")?).await?;
    Ok(Acceptance::Recorded { key_id: id })
}

/// The key, which nobody changes or deletes until the transaction ends. Where somebody is doing so, this waits, and then
/// reads what they committed, or nothing where they deleted it.
///
/// The lock is that of the update of `last_used_at` which follows: a weaker one, shared at first, would have two
/// acceptances wait for each other.
async fn key(transaction: &mut Transaction<'_, Postgres>, call: &NewCall) -> Result<Option<PgRow>> {
    sqlx::query("select id, name, is_active, expires_at from api_keys where digest = $1 for no key update")
        .bind(&call.key.as_bytes()[..])
        .fetch_optional(&mut **transaction)
        .await
        .map_err(failed)
}

async fn claimed_before(
    transaction: &mut Transaction<'_, Postgres>,
    key: Uuid,
    claim: &Claim,
) -> Result<Option<Acceptance>> {
    let row = sqlx::query(
        "select i.fingerprint, i.call_id, i.answer_status, i.answer_body, c.status
         from idempotency_keys i left join calls c on c.id = i.call_id
         where i.key_id = $1 and i.idempotency_key = $2",
    )
    .bind(key)
    .bind(text(&claim.idempotency_key))
    .fetch_optional(&mut **transaction)
    .await
    .map_err(failed)?;
    row.map(|row| told_before(&row, claim)).transpose()
}

fn told_before(row: &PgRow, claim: &Claim) -> Result<Acceptance> {
    let fingerprint: &[u8] = get(row, "fingerprint")?;
    if fingerprint != claim.fingerprint {
        return Ok(Acceptance::Mismatch);
    }
    if let (Some(status), Some(body)) = (
        get::<Option<i32>, _>(row, "answer_status")?.and_then(|status| u16::try_from(status).ok()),
        get(row, "answer_body")?,
    ) {
        return Ok(Acceptance::Answered(Answer { status, body }));
    }
    let status = get::<Option<&str>, _>(row, "status")?.and_then(CallStatus::parse);
    match status.ok_or_else(|| corrupt("an idempotency key leads to no call"))? {
        CallStatus::Queued | CallStatus::Reserved | CallStatus::Sent => Ok(Acceptance::InProgress),
        status => Ok(Acceptance::Settled {
            call_id: get(row, "call_id")?,
            status,
        }),
    }
}

/// An advisory lock of this number is held by whoever joins the queue.
const QUEUE_LOCK: i64 = 0x6f72_6971;

async fn is_queue_full(transaction: &mut Transaction<'_, Postgres>, call: &NewCall) -> Result<bool> {
    let Some(limit) = call.queue_limit else {
        return Ok(false);
    };
    // Of two that join, the second counts the first. In this order everywhere: the key's row, then this lock.
    sqlx::query("select pg_advisory_xact_lock($1)")
        .bind(QUEUE_LOCK)
        .execute(&mut **transaction)
        .await
        .map_err(failed)?;
    let waiting: i64 = sqlx::query_scalar("select count(*) from calls where status = 'queued'")
        .fetch_one(&mut **transaction)
        .await
        .map_err(failed)?;
    Ok(waiting >= i64::from(limit))
}

async fn record(
    transaction: &mut Transaction<'_, Postgres>,
    call: &NewCall,
    key: Uuid,
    key_name: &str,
) -> Result<()> {
    let status = if call.queue_limit.is_some() {
        CallStatus::Queued
    } else {
        CallStatus::Reserved
    };
    let order = &call.order;
    sqlx::query(
        "insert into calls (id, key_id, key_name, bot_id, to_number, to_number_raw, from_number, from_number_raw,
                            variables, call_reference, status, created_at, updated_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $12)",
    )
    .bind(call.id)
    .bind(key)
    .bind(key_name)
    .bind(text(&order.bot_id))
    .bind(&order.to_number)
    .bind(text(&order.to_number_raw))
    .bind(&order.from_number)
    .bind(optional_text(order.from_number_raw.as_ref()))
    .bind(serde_json::to_string(&order.variables).map_err(|_| corrupt("variables cannot be written"))?)
    .bind(optional_text(order.call_reference.as_ref()))
    .bind(status.as_str())
    .bind(call.now)
    .execute(&mut **transaction)
    .await
    .map_err(failed)?;
    add_event(transaction, call.id, status, None, call.now).await?;
    if let Some(claim) = &call.claim {
        claim_key(transaction, call, key, claim).await?;
    }
    note_use(transaction, call, key).await
}

async fn claim_key(
    transaction: &mut Transaction<'_, Postgres>,
    call: &NewCall,
    key: Uuid,
    claim: &Claim,
) -> Result<()> {
    sqlx::query(
        "insert into idempotency_keys
             (key_id, idempotency_key, fingerprint, call_id, created_at, answer_status, answer_body)
         values ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(key)
    .bind(text(&claim.idempotency_key))
    .bind(&claim.fingerprint[..])
    .bind(call.id)
    .bind(call.now)
    .bind(claim.answer.as_ref().map(|answer| i32::from(answer.status)))
    .bind(claim.answer.as_ref().map(|answer| &answer.body))
    .execute(&mut **transaction)
    .await
    .map_err(failed)?;
    Ok(())
}

async fn note_use(transaction: &mut Transaction<'_, Postgres>, call: &NewCall, key: Uuid) -> Result<()> {
    let noted = sqlx::query("update api_keys set last_used_at = greatest(last_used_at, $2) where id = $1")
        .bind(key)
        .bind(call.now)
        .execute(&mut **transaction)
        .await
        .map_err(failed)?;
    (noted.rows_affected() == 1)
        .then_some(())
        .ok_or_else(|| corrupt("a key that was just read is not there"))
}
