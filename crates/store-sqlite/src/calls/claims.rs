//! What is asked under an idempotency key.

use ori_shared::call::CallStatus;
use ori_store::{Answer, Claim, NewCall, Rejection, Result};
use rusqlite::{Row, Transaction, params};
use uuid::Uuid;

use crate::convert::{corrupt, micros};
use crate::direct;

/// What came of asking the same before with that key, if it was.
pub(super) fn told_before(
    transaction: &Transaction<'_>,
    key: Uuid,
    claim: &Claim,
) -> Result<Option<Rejection>> {
    let made = params![key, claim.idempotency_key];
    let made = direct::find_one(transaction, FIND, made, Made::read)?;
    made.map(|made| made.told(claim)).transpose()
}

/// That call makes this claim.
pub(super) fn make(transaction: &Transaction<'_>, key: Uuid, call: &NewCall, claim: &Claim) -> Result<()> {
    let answer = claim.answer.as_ref();
    let made = params![
        key,
        claim.idempotency_key,
        claim.fingerprint,
        call.id,
        micros(call.now),
        answer.map(|answer| answer.status),
        answer.map(|answer| &answer.body),
    ];
    direct::execute(transaction, MAKE, made).map(|_| ())
}

const FIND: &str = "select i.fingerprint, i.answer_status, i.answer_body, i.call_id, c.status \
     from idempotency_keys i left join calls c on c.id = i.call_id where i.key_id = ?1 and i.idempotency_key = ?2";
const MAKE: &str = "insert into idempotency_keys (key_id, idempotency_key, fingerprint, call_id, created_at, \
     answer_status, answer_body) values (?1, ?2, ?3, ?4, ?5, ?6, ?7)";

/// A claim that was made before, and where its call stands.
struct Made {
    fingerprint: [u8; 32],
    answer_status: Option<u16>,
    answer_body: Option<String>,
    call: Uuid,
    status: Option<String>,
}

impl Made {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            fingerprint: row.get(0)?,
            answer_status: row.get(1)?,
            answer_body: row.get(2)?,
            call: row.get(3)?,
            status: row.get(4)?,
        })
    }

    fn told(self, claim: &Claim) -> Result<Rejection> {
        if !claim.is_of(&self.fingerprint) {
            return Ok(Rejection::Mismatch { call_id: self.call });
        }
        if let (Some(status), Some(body)) = (self.answer_status, self.answer_body) {
            return Ok(Rejection::Replay(Answer { status, body }));
        }
        let status = self.status.as_deref().and_then(CallStatus::parse);
        match status.ok_or_else(|| corrupt("an idempotency key leads to no call"))? {
            CallStatus::Queued | CallStatus::Reserved | CallStatus::Sent => Ok(Rejection::InProgress),
            status => Ok(Rejection::Unanswered {
                call_id: self.call,
                status,
            }),
        }
    }
}
