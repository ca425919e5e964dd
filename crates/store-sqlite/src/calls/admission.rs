//! Admission: decides on a call, and records it if the answer is yes.

use ori_shared::api_key::KeyStatus;
use ori_shared::call::CallStatus;
use ori_store::{Admission, FirstAttempt, KnownKey, NewCall, Rejection, Result, status_history};
use rusqlite::params;

use super::idempotency;
use crate::codec::micros;
use crate::transaction::Transaction;

/// Admits or rejects a call. If it is given, the attempt begins as the call is recorded. What is read holds until the end of
/// the transaction.
pub(super) fn admit(
    transaction: &mut Transaction<'_>,
    call: &NewCall,
    attempt: Option<&FirstAttempt>,
) -> Result<Admission> {
    let Some(key) = transaction.key(&call.key) else {
        return Ok(Admission::unknown_key());
    };
    if let Some(reason) = rejection(transaction, call, &key)? {
        return Ok(Admission::rejected(key.id, reason));
    }
    record(transaction, call, attempt, &key)?;
    Ok(Admission::Recorded { key_id: key.id })
}

fn rejection(transaction: &mut Transaction<'_>, call: &NewCall, key: &KnownKey) -> Result<Option<Rejection>> {
    match key.status_at(call.now) {
        KeyStatus::Inactive => return Ok(Some(Rejection::KeyInactive)),
        KeyStatus::Expired => return Ok(Some(Rejection::KeyExpired)),
        KeyStatus::Active => {}
    }
    if let Some(claim) = &call.claim
        && let Some(rejection) = idempotency::find(transaction, key.id, claim)?
    {
        return Ok(Some(rejection));
    }
    match call.queue_limit {
        Some(limit) if transaction.queued()? >= limit => Ok(Some(Rejection::QueueFull)),
        _ => Ok(None),
    }
}

fn record(
    transaction: &mut Transaction<'_>,
    call: &NewCall,
    attempt: Option<&FirstAttempt>,
    key: &KnownKey,
) -> Result<()> {
    let order = &call.order;
    let line = |status| status_history::encode(status, None, call.now);
    let (status, history) = match attempt {
        Some(_) => (
            CallStatus::Sent,
            line(CallStatus::Reserved) + &line(CallStatus::Sent),
        ),
        None => (call.first_status(), line(call.first_status())),
    };
    let values = params![
        call.id,
        key.id,
        key.name,
        order.bot_id,
        order.to_number,
        order.to_number_raw,
        order.from_number,
        order.from_number_raw,
        order.variables_json()?,
        order.call_reference,
        status.as_str(),
        history,
        attempt.map(|attempt| attempt.id),
        attempt.map(|attempt| &attempt.host),
        micros(call.now),
    ];
    transaction.execute(INSERT, values)?;
    transaction.moved(None, status);
    if let Some(claim) = &call.claim {
        idempotency::insert(transaction, key.id, call, claim)?;
    }
    transaction.execute(NOTE_USE, params![key.id, micros(call.now)])?;
    Ok(())
}

const INSERT: &str = "insert into calls (id, key_id, key_name, bot_id, to_number, to_number_raw, from_number, \
     from_number_raw, variables, call_reference, status, history, attempt, host, created_at, updated_at) \
     values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?15)";
pub(super) const NOTE_USE: &str =
    "update api_keys set last_used_at = ?2 where id = ?1 and (last_used_at is null or last_used_at < ?2)";
