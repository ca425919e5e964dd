//! Deciding on calls, and recording those where the answer is yes.

use ori_shared::api_key::KeyStatus;
use ori_shared::call::CallStatus;
use ori_store::{Admission, FirstAttempt, KnownKey, NewCall, Rejection, Result, history};
use rusqlite::{Transaction, params};

use super::claims;
use super::group_writer::Kept;
use super::waiting::Waiting;
use crate::convert::{corrupt, micros};
use crate::direct;

/// A call to admit, with the attempt that begins as it is recorded.
pub(super) struct Dialout {
    pub(super) call: NewCall,
    pub(super) attempt: Option<FirstAttempt>,
}

/// Admits or rejects a call with that key, within a transaction: what is read there holds until its end.
pub(super) fn admit(
    transaction: &Transaction<'_>,
    dialout: &Dialout,
    key: Option<KnownKey>,
    waiting: &Waiting,
    kept: &mut Kept,
) -> Result<Admission> {
    let Some(key) = key else {
        return Ok(Admission::unknown_key());
    };
    let call = &dialout.call;
    match key.status_at(call.now) {
        KeyStatus::Inactive => return Ok(Admission::rejected(key.id, Rejection::KeyInactive)),
        KeyStatus::Expired => return Ok(Admission::rejected(key.id, Rejection::KeyExpired)),
        KeyStatus::Active => {}
    }
    if let Some(claim) = &call.claim
        && let Some(rejection) = claims::told_before(transaction, key.id, claim)?
    {
        return Ok(Admission::rejected(key.id, rejection));
    }
    if let Some(limit) = call.queue_limit {
        if !waiting.has_room(&kept.moves, limit) {
            return Ok(Admission::rejected(key.id, Rejection::QueueFull));
        }
        kept.moves.join(call.id);
    }
    record(transaction, dialout, &key, kept.late.add(call.id))?;
    Ok(Admission::Recorded { key_id: key.id })
}

fn record(transaction: &Transaction<'_>, dialout: &Dialout, key: &KnownKey, is_late: bool) -> Result<()> {
    let Dialout { call, attempt } = dialout;
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
        first_status(dialout).as_str(),
        first_states(dialout),
        !is_late,
        attempt.as_ref().map(|attempt| attempt.id),
        attempt.as_ref().map(|attempt| &attempt.host),
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

fn first_status(dialout: &Dialout) -> CallStatus {
    if dialout.call.queue_limit.is_some() {
        CallStatus::Queued
    } else if dialout.attempt.is_some() {
        CallStatus::Sent
    } else {
        CallStatus::Reserved
    }
}

fn first_states(dialout: &Dialout) -> String {
    let line = |status| history::line(status, None, dialout.call.now);
    match first_status(dialout) {
        CallStatus::Sent => line(CallStatus::Reserved) + &line(CallStatus::Sent),
        status => line(status),
    }
}
