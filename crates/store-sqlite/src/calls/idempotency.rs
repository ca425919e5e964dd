//! Idempotency records.

use ori_shared::call::CallStatus;
use ori_store::rows::{Row, get, optional};
use ori_store::{Acceptance, Answer, Claim, ClaimFate, NewCall, Result};
use rusqlite::params;
use uuid::Uuid;

use crate::codec::micros;
use crate::error::corrupt;
use crate::transaction::Transaction;

/// Returns what a request under this idempotency key led to before, if there was one.
pub(super) fn find(transaction: &Transaction<'_>, key: Uuid, claim: &Claim) -> Result<Option<Acceptance>> {
    const FIND: &str = "select i.fingerprint, i.answer_status, i.answer_body, i.call_id, c.status \
         from idempotency_keys i left join calls c on c.id = i.call_id where i.key_id = ?1 and i.idempotency_key = ?2";
    transaction.find(FIND, params![key, claim.idempotency_key], |row| {
        replay(row, claim)
    })
}

fn replay(row: &dyn Row, claim: &Claim) -> Result<Acceptance> {
    let call_id = get(row, "call_id")?;
    if !claim.is_of(&get::<Vec<u8>>(row, "fingerprint")?) {
        return Ok(Acceptance::Mismatch { call_id });
    }
    if let (Some(status), Some(body)) = (optional(row, "answer_status")?, optional(row, "answer_body")?) {
        return Ok(Acceptance::Answered(Answer { status, body }));
    }
    match optional(row, "status")?.ok_or_else(|| corrupt("an idempotency key leads to no call"))? {
        CallStatus::Queued | CallStatus::Reserved | CallStatus::Sent => Ok(Acceptance::InProgress),
        status => Ok(Acceptance::Settled { call_id, status }),
    }
}

/// Inserts the record of a call.
pub(super) fn insert(transaction: &Transaction<'_>, key: Uuid, call: &NewCall, claim: &Claim) -> Result<()> {
    const INSERT: &str = "insert into idempotency_keys (key_id, idempotency_key, fingerprint, call_id, created_at, \
         answer_status, answer_body) values (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    let answer = claim.answer.as_ref();
    let values = params![
        key,
        claim.idempotency_key,
        claim.fingerprint,
        call.id,
        micros(call.now),
        answer.map(|answer| answer.status),
        answer.map(|answer| &answer.body),
    ];
    transaction.execute(INSERT, values).map(|_| ())
}

/// Updates the record of a call, if it has one.
pub(super) fn update(transaction: &Transaction<'_>, call: Uuid, fate: &ClaimFate) -> Result<()> {
    match fate {
        ClaimFate::Open => Ok(()),
        ClaimFate::Answered(Answer { status, body }) => {
            let update =
                "update idempotency_keys set answer_status = ?2, answer_body = ?3 where call_id = ?1";
            transaction
                .execute(update, params![call, status, body])
                .map(|_| ())
        }
        ClaimFate::Released => release(transaction, call),
    }
}

/// Deletes the record of a call, so that the same request is a new attempt.
pub(super) fn release(transaction: &Transaction<'_>, call: Uuid) -> Result<()> {
    let delete = "delete from idempotency_keys where call_id = ?1";
    transaction.execute(delete, [call]).map(|_| ())
}
