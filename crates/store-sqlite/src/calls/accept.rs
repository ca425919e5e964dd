use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};
use ori_key::KeyDigest;
use ori_shared::api_key::KeyStatus;
use ori_shared::call::CallStatus;
use ori_store::{Acceptance, Answer, Claim, NewCall, Result};
use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Sqlite, Transaction};
use uuid::Uuid;

use crate::convert::{corrupt, failed, get, micros, optional_instant};

/// Decides on each call in turn, and records those where the answer is yes.
pub(super) async fn accept(
    transaction: &mut Transaction<'_, Sqlite>,
    calls: &[&NewCall],
    waiting: &mut Waiting,
) -> Result<Vec<Acceptance>> {
    let mut desk = Desk {
        waiting,
        keys: HashMap::new(),
        accepted: Vec::new(),
        claims: HashMap::new(),
    };
    let mut acceptances = Vec::with_capacity(calls.len());
    for call in calls {
        acceptances.push(desk.decide(transaction, call).await?);
    }
    record(transaction, &desk.accepted).await?;
    note_use(transaction, &desk.accepted).await?;
    Ok(acceptances)
}

/// How many calls wait, where that is known. To count them each time would take the longer the more there are.
#[derive(Clone, Copy, Default)]
pub(super) struct Waiting(Option<u64>);

impl Waiting {
    /// Counts a call that moved.
    pub(super) fn moved(&mut self, from: CallStatus, to: CallStatus) {
        if from == CallStatus::Queued {
            self.0 = self.0.and_then(|count| count.checked_sub(1));
        }
        if to == CallStatus::Queued {
            self.0 = self.0.map(|count| count + 1);
        }
    }
}

/// What is known within one transaction: what was read holds until its end, and what was accepted counts for the calls
/// behind it.
struct Desk<'a, 'w> {
    waiting: &'w mut Waiting,
    keys: HashMap<&'a KeyDigest, Option<Key>>,
    accepted: Vec<Accepted<'a>>,
    claims: HashMap<(Uuid, &'a str), usize>,
}

#[derive(Clone)]
struct Key {
    id: Uuid,
    name: String,
    is_active: bool,
    expires_at: Option<DateTime<Utc>>,
}

struct Accepted<'a> {
    call: &'a NewCall,
    key: Key,
    variables: String,
}

impl<'a> Desk<'a, '_> {
    async fn decide(
        &mut self,
        transaction: &mut Transaction<'_, Sqlite>,
        call: &'a NewCall,
    ) -> Result<Acceptance> {
        let Some(key) = self.key(transaction, &call.key).await? else {
            return Ok(Acceptance::UnknownKey);
        };
        match KeyStatus::at(key.is_active, key.expires_at, call.now) {
            KeyStatus::Inactive => return Ok(Acceptance::Inactive),
            KeyStatus::Expired => return Ok(Acceptance::Expired),
            KeyStatus::Active => {}
        }
        if let Some(claim) = &call.claim
            && let Some(before) = self.claimed_before(transaction, key.id, claim).await?
        {
            return Ok(before);
        }
        if self.is_queue_full(transaction, call).await? {
            return Ok(Acceptance::QueueFull);
        }
        self.accept(call, key)
    }

    fn accept(&mut self, call: &'a NewCall, key: Key) -> Result<Acceptance> {
        let key_id = key.id;
        if let Some(claim) = &call.claim {
            let place = self.accepted.len();
            self.claims.insert((key_id, &claim.idempotency_key), place);
        }
        let variables = serde_json::to_string(&call.order.variables)
            .map_err(|_| corrupt("variables cannot be written"))?;
        self.accepted.push(Accepted { call, key, variables });
        Ok(Acceptance::Recorded { key_id })
    }

    async fn key(
        &mut self,
        transaction: &mut Transaction<'_, Sqlite>,
        digest: &'a KeyDigest,
    ) -> Result<Option<Key>> {
        if let Some(known) = self.keys.get(digest) {
            return Ok(known.clone());
        }
        let row = sqlx::query("select id, name, is_active, expires_at from api_keys where digest = ?1")
            .bind(&digest.as_bytes()[..])
            .fetch_optional(&mut **transaction)
            .await
            .map_err(failed)?;
        let key = row.as_ref().map(key).transpose()?;
        self.keys.insert(digest, key.clone());
        Ok(key)
    }

    async fn claimed_before(
        &self,
        transaction: &mut Transaction<'_, Sqlite>,
        key: Uuid,
        claim: &Claim,
    ) -> Result<Option<Acceptance>> {
        if let Some(place) = self.claims.get(&(key, claim.idempotency_key.as_str())) {
            return Ok(self
                .accepted
                .get(*place)
                .map(|first| told_just_now(first.call, claim)));
        }
        let row = sqlx::query(
            "select i.fingerprint, i.call_id, i.answer_status, i.answer_body, c.status
             from idempotency_keys i left join calls c on c.id = i.call_id
             where i.key_id = ?1 and i.idempotency_key = ?2",
        )
        .bind(key)
        .bind(&claim.idempotency_key)
        .fetch_optional(&mut **transaction)
        .await
        .map_err(failed)?;
        row.map(|row| told_before(&row, claim)).transpose()
    }

    async fn is_queue_full(
        &mut self,
        transaction: &mut Transaction<'_, Sqlite>,
        call: &NewCall,
    ) -> Result<bool> {
        let Some(limit) = call.queue_limit else {
            return Ok(false);
        };
        let waiting = match self.waiting.0 {
            Some(waiting) => waiting,
            None => sqlx::query_scalar("select count(*) from calls where status = 'queued'")
                .fetch_one(&mut **transaction)
                .await
                .map_err(failed)?,
        };
        let is_full = waiting >= u64::from(limit);
        self.waiting.0 = Some(waiting + u64::from(!is_full));
        Ok(is_full)
    }
}

fn key(row: &SqliteRow) -> Result<Key> {
    Ok(Key {
        id: get(row, "id")?,
        name: get(row, "name")?,
        is_active: get(row, "is_active")?,
        expires_at: optional_instant(row, "expires_at")?,
    })
}

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

async fn record(transaction: &mut Transaction<'_, Sqlite>, accepted: &[Accepted<'_>]) -> Result<()> {
    insert(
        transaction,
        accepted,
        INSERT_CALLS,
        |row, Accepted { call, key, variables }| {
            let order = &call.order;
            row.push_bind(call.id)
                .push_bind(key.id)
                .push_bind(&key.name)
                .push_bind(&order.bot_id)
                .push_bind(&order.to_number)
                .push_bind(&order.to_number_raw)
                .push_bind(&order.from_number)
                .push_bind(&order.from_number_raw)
                .push_bind(variables)
                .push_bind(&order.call_reference)
                .push_bind(first_status(call).as_str())
                .push_bind(micros(call.now))
                .push_bind(micros(call.now));
        },
    )
    .await?;
    insert(
        transaction,
        accepted,
        INSERT_EVENTS,
        |row, Accepted { call, .. }| {
            row.push_bind(call.id)
                .push_bind(1)
                .push_bind(first_status(call).as_str())
                .push_bind(micros(call.now));
        },
    )
    .await?;
    let claims: Vec<_> = accepted
        .iter()
        .filter_map(|accepted| Some((accepted, accepted.call.claim.as_ref()?)))
        .collect();
    insert(transaction, &claims, INSERT_CLAIMS, |row, (accepted, claim)| {
        let answer = claim.answer.as_ref();
        row.push_bind(accepted.key.id)
            .push_bind(&claim.idempotency_key)
            .push_bind(&claim.fingerprint[..])
            .push_bind(accepted.call.id)
            .push_bind(micros(accepted.call.now))
            .push_bind(answer.map(|answer| answer.status))
            .push_bind(answer.map(|answer| answer.body.as_str()));
    })
    .await
}

const INSERT_CALLS: &str = "insert into calls (id, key_id, key_name, bot_id, to_number, to_number_raw, from_number, from_number_raw, variables, \
                        call_reference, status, created_at, updated_at) ";
const INSERT_EVENTS: &str = "insert into call_events (call_id, number, status, at) ";
const INSERT_CLAIMS: &str = "insert into idempotency_keys (key_id, idempotency_key, fingerprint, call_id, created_at, answer_status, answer_body) ";

fn first_status(call: &NewCall) -> CallStatus {
    if call.queue_limit.is_some() {
        CallStatus::Queued
    } else {
        CallStatus::Reserved
    }
}

/// Many rows a statement, in few sizes, so that each statement is prepared once.
async fn insert<'a, T>(
    transaction: &mut Transaction<'_, Sqlite>,
    mut rows: &'a [T],
    into: &'static str,
    bind: impl Fn(&mut Row<'_>, &'a T),
) -> Result<()> {
    for size in [64, 16, 4, 1] {
        while let Some((some, rest)) = rows.split_at_checked(size) {
            let mut statement = QueryBuilder::new(into);
            statement.push_values(some, |mut row, item| bind(&mut row, item));
            statement
                .build()
                .execute(&mut **transaction)
                .await
                .map_err(failed)?;
            rows = rest;
        }
    }
    Ok(())
}

type Row<'b> = sqlx::query_builder::Separated<'b, Sqlite, &'static str>;

async fn note_use(transaction: &mut Transaction<'_, Sqlite>, accepted: &[Accepted<'_>]) -> Result<()> {
    let mut uses = BTreeMap::<Uuid, DateTime<Utc>>::new();
    for Accepted { call, key, .. } in accepted {
        let last = uses.entry(key.id).or_insert(call.now);
        *last = call.now.max(*last);
    }
    for (key, last) in uses {
        let noted = sqlx::query(
            "update api_keys set last_used_at = max(coalesce(last_used_at, 0), ?2) where id = ?1",
        )
        .bind(key)
        .bind(micros(last))
        .execute(&mut **transaction)
        .await
        .map_err(failed)?;
        if noted.rows_affected() != 1 {
            return Err(corrupt("a key that was just read is not there"));
        }
    }
    Ok(())
}
