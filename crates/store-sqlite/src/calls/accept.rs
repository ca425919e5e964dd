//! Admission: decides on a call, and records it if the answer is yes.

use ori_shared::api_key::KeyStatus;
use ori_shared::call::CallStatus;
use ori_store::{Acceptance, KnownKey, NewCall, Result, history};
use rusqlite::params;

use super::idempotency;
use crate::codec::micros;
use crate::transaction::Transaction;

/// Decides on a call. What is read holds until the end of the transaction.
pub(super) fn accept(transaction: &mut Transaction<'_>, call: &NewCall) -> Result<Acceptance> {
    let Some(key) = transaction.key(&call.key) else {
        return Ok(Acceptance::UnknownKey);
    };
    match key.status_at(call.now) {
        KeyStatus::Inactive => return Ok(Acceptance::Inactive),
        KeyStatus::Expired => return Ok(Acceptance::Expired),
        KeyStatus::Active => {}
    }
    if let Some(claim) = &call.claim
        && let Some(replay) = idempotency::find(transaction, key.id, claim)?
    {
        return Ok(replay);
    }
    if let Some(limit) = call.queue_limit
        && transaction.queued()? >= limit
    {
        return Ok(Acceptance::QueueFull);
    }
    record(transaction, call, &key)?;
    Ok(Acceptance::Recorded { key_id: key.id })
}

fn record(transaction: &mut Transaction<'_>, call: &NewCall, key: &KnownKey) -> Result<()> {
    let order = &call.order;
    let status = call.first_status();
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
        first_history(call),
        call.attempt.as_ref().map(|attempt| attempt.id),
        call.attempt.as_ref().map(|attempt| &attempt.host),
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
const NOTE_USE: &str =
    "update api_keys set last_used_at = ?2 where id = ?1 and (last_used_at is null or last_used_at < ?2)";

fn first_history(call: &NewCall) -> String {
    let line = |status| history::line(status, None, call.now);
    match call.first_status() {
        CallStatus::Sent => line(CallStatus::Reserved) + &line(CallStatus::Sent),
        status => line(status),
    }
}
