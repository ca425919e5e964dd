//! What was asked under an idempotency key before.

use std::collections::HashMap;

use ori_shared::call::CallStatus;
use ori_store::{Acceptance, Answer, Claim, NewCall, Result};
use sqlx::sqlite::{SqliteConnection, SqliteRow};
use uuid::Uuid;

use super::batch::Batch;
use crate::convert::{corrupt, get};

/// The claims that were made before, of those that are made now.
#[derive(Default)]
pub(super) struct Claims<'a> {
    stored: HashMap<(Uuid, String), SqliteRow>,
    /// In the same transaction.
    new: HashMap<(Uuid, &'a str), &'a NewCall>,
}

impl<'a> Claims<'a> {
    /// Looks them all up at once, each with the key that makes it.
    pub(super) async fn find(
        batch: &mut Batch,
        connection: &mut SqliteConnection,
        wanted: &[(Uuid, &Claim)],
    ) -> Result<Self> {
        if wanted.is_empty() {
            return Ok(Self::default());
        }
        batch.push_rows(FIND, 2, wanted, |row, (key, claim)| {
            row.bind(*key).bind(&claim.idempotency_key);
        });
        let mut claims = Self::default();
        for row in batch.send(connection).await? {
            let key = (get(&row, "key_id")?, get(&row, "idempotency_key")?);
            claims.stored.insert(key, row);
        }
        Ok(claims)
    }

    /// What came of asking the same before, if it was.
    pub(super) fn told_before(&self, key: Uuid, claim: &Claim) -> Result<Option<Acceptance>> {
        if let Some(first) = self.new.get(&(key, claim.idempotency_key.as_str())) {
            return Ok(Some(told_just_now(first, claim)));
        }
        let stored = self.stored.get(&(key, claim.idempotency_key.clone()));
        stored.map(|row| told_before(row, claim)).transpose()
    }

    /// That call makes a claim.
    pub(super) fn add(&mut self, key: Uuid, call: &'a NewCall) {
        if let Some(claim) = &call.claim {
            self.new.insert((key, &claim.idempotency_key), call);
        }
    }
}

const FIND: &str =
    "select i.key_id, i.idempotency_key, i.fingerprint, i.call_id, i.answer_status, i.answer_body, c.status
     from {rows} as s join idempotency_keys i on i.key_id = s.column1 and i.idempotency_key = s.column2
     left join calls c on c.id = i.call_id";

/// The claim was made by a call that is being accepted in the same transaction.
fn told_just_now(first: &NewCall, claim: &Claim) -> Acceptance {
    match &first.claim {
        Some(made) if made.fingerprint != claim.fingerprint => Acceptance::Mismatch,
        Some(Claim {
            answer: Some(answer), ..
        }) => Acceptance::Answered(answer.clone()),
        _ => Acceptance::InProgress,
    }
}

fn told_before(row: &SqliteRow, claim: &Claim) -> Result<Acceptance> {
    let fingerprint: &[u8] = get(row, "fingerprint")?;
    if fingerprint != claim.fingerprint {
        return Ok(Acceptance::Mismatch);
    }
    if let (Some(status), Some(body)) = (
        get::<Option<u16>, _>(row, "answer_status")?,
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
