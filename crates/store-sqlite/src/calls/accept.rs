//! Deciding on calls, and recording those where the answer is yes.

use ori_shared::api_key::KeyStatus;
use ori_shared::call::CallStatus;
use ori_store::{Acceptance, KnownKey, NewCall, Result, history};
use rusqlite::{Transaction, params};

use super::claims;
use super::group_writer::Kept;
use super::waiting::Waiting;
use crate::convert::{corrupt, micros};
use crate::direct;

/// Decides on a call that was asked for with that key, within a transaction: what is read there holds until its end.
pub(super) fn accept(
    transaction: &Transaction<'_>,
    call: &NewCall,
    key: Option<KnownKey>,
    waiting: &Waiting,
    kept: &mut Kept,
) -> Result<Acceptance> {
    let Some(key) = key else {
        return Ok(Acceptance::UnknownKey);
    };
    match key.status_at(call.now) {
        KeyStatus::Inactive => return Ok(Acceptance::Inactive),
        KeyStatus::Expired => return Ok(Acceptance::Expired),
        KeyStatus::Active => {}
    }
    if let Some(claim) = &call.claim
        && let Some(before) = claims::told_before(transaction, key.id, claim)?
    {
        return Ok(before);
    }
    if let Some(limit) = call.queue_limit {
        if !waiting.has_room(&kept.moves, limit) {
            return Ok(Acceptance::QueueFull);
        }
        kept.moves.join(call.id);
    }
    record(transaction, call, &key, kept.late.add(call.id))?;
    Ok(Acceptance::Recorded { key_id: key.id })
}

fn record(transaction: &Transaction<'_>, call: &NewCall, key: &KnownKey, is_late: bool) -> Result<()> {
    let order = &call.order;
    let variables =
        serde_json::to_string(&order.variables).map_err(|_| corrupt("variables cannot be written"))?;
    let recorded = params![
        call.id,
        key.id,
        key.name,
        order.bot_id,
        order.to_number,
        order.to_number_raw,
        order.from_number,
        order.from_number_raw,
        variables,
        order.call_reference,
        first_status(call).as_str(),
        first_states(call),
        !is_late,
        call.attempt.as_ref().map(|attempt| attempt.id),
        call.attempt.as_ref().map(|attempt| &attempt.host),
        micros(call.now),
    ];
    direct::execute(transaction, INSERT, recorded)?;
    if let Some(claim) = &call.claim {
        claims::make(transaction, key.id, call, claim)?;
    }
    // Of a call that is indexed later, this is noted then.
    if !is_late {
        direct::execute(transaction, NOTE_USE, params![key.id, micros(call.now)])?;
    }
    Ok(())
}

const INSERT: &str = "insert into calls (id, key_id, key_name, bot_id, to_number, to_number_raw, from_number, \
     from_number_raw, variables, call_reference, status, history, is_indexed, attempt, host, created_at, updated_at) \
     values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?16)";
const NOTE_USE: &str = "update api_keys set last_used_at = max(coalesce(last_used_at, 0), ?2) where id = ?1";

fn first_status(call: &NewCall) -> CallStatus {
    if call.queue_limit.is_some() {
        CallStatus::Queued
    } else if call.attempt.is_some() {
        CallStatus::Sent
    } else {
        CallStatus::Reserved
    }
}

fn first_states(call: &NewCall) -> String {
    let line = |status| history::line(status, None, call.now);
    match first_status(call) {
        CallStatus::Sent => line(CallStatus::Reserved) + &line(CallStatus::Sent),
        status => line(status),
    }
}
