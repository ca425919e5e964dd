//! Idempotency records.

use ori_store::{Answer, IdempotencyRecord, IdempotencyUpdate, NewCall, Rejection, Result, rows};
use rusqlite::params;
use uuid::Uuid;

use crate::codec::micros;
use crate::transaction::Transaction;

/// Returns why a request under this idempotency key is rejected, if there was one before.
pub(super) fn find(
    transaction: &Transaction<'_>,
    key: Uuid,
    claim: &IdempotencyRecord,
) -> Result<Option<Rejection>> {
    const FIND: &str = "select i.fingerprint, i.answer_status, i.answer_body, i.call_id, c.status \
         from idempotency_keys i left join calls c on c.id = i.call_id where i.key_id = ?1 and i.idempotency_key = ?2";
    transaction.find(FIND, params![key, claim.idempotency_key], |row| {
        rows::replay(row, claim)
    })
}

/// Inserts the record of a call.
pub(super) fn insert(
    transaction: &Transaction<'_>,
    key: Uuid,
    call: &NewCall,
    claim: &IdempotencyRecord,
) -> Result<()> {
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
pub(super) fn update(transaction: &Transaction<'_>, call: Uuid, fate: &IdempotencyUpdate) -> Result<()> {
    match fate {
        IdempotencyUpdate::Open => Ok(()),
        IdempotencyUpdate::Answered(Answer { status, body }) => {
            let update =
                "update idempotency_keys set answer_status = ?2, answer_body = ?3 where call_id = ?1";
            transaction
                .execute(update, params![call, status, body])
                .map(|_| ())
        }
        IdempotencyUpdate::Released => release(transaction, call),
    }
}

/// Deletes the record of a call, so that the same request is a new attempt.
pub(super) fn release(transaction: &Transaction<'_>, call: Uuid) -> Result<()> {
    let delete = "delete from idempotency_keys where call_id = ?1";
    transaction.execute(delete, [call]).map(|_| ())
}
