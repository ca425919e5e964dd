//! Deciding on calls, and recording those where the answer is yes.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use ori_shared::api_key::KeyStatus;
use ori_shared::call::CallStatus;
use ori_store::{Acceptance, KnownKey, NewCall, Result, history};
use sqlx::sqlite::SqliteConnection;
use uuid::Uuid;

use super::batch::Batch;
use super::claims::Claims;
use super::group_writer::Kept;
use super::waiting::Waiting;
use crate::api_keys;
use crate::convert::{corrupt, micros};
use crate::key_index::{KeyIndex, Told};

/// Decides on each call in turn. Those where the answer is yes are recorded by what is added to the batch.
pub(super) async fn accept(
    batch: &mut Batch,
    connection: &mut SqliteConnection,
    keys: &KeyIndex,
    calls: &[&NewCall],
    waiting: &Waiting,
    kept: &mut Kept,
) -> Result<Vec<Acceptance>> {
    let mut known = Vec::with_capacity(calls.len());
    for call in calls {
        known.push(key(batch, connection, keys, call).await?);
    }
    let claims: Vec<_> = known
        .iter()
        .zip(calls)
        .filter_map(|(key, call)| Some((key.as_ref()?.id, call.claim.as_ref()?)))
        .collect();
    let claims = Claims::find(batch, connection, &claims).await?;
    let mut desk = Desk {
        waiting,
        kept,
        claims,
        accepted: Vec::new(),
    };
    let decided = calls.iter().zip(known).map(|(call, key)| desk.decide(call, key));
    let acceptances = decided.collect::<Result<_>>()?;
    // In the order of the table.
    desk.accepted.sort_unstable_by_key(|accepted| accepted.call.id);
    record(batch, &desk.accepted);
    Ok(acceptances)
}

/// Whoever holds the writer knows that no key is being changed just now. One may be in doubt since a change of which
/// nobody learned what became: what the database tells is then so until the next change, which ends the doubt.
async fn key(
    batch: &mut Batch,
    connection: &mut SqliteConnection,
    keys: &KeyIndex,
    call: &NewCall,
) -> Result<Option<KnownKey>> {
    match keys.look_up(&call.key) {
        Told::Surely(key) => Ok(key),
        Told::InDoubt => {
            batch.send(connection).await?;
            let known = api_keys::known(connection, &call.key).await?;
            keys.doubt(call.key).settle(known.as_ref());
            Ok(known)
        }
    }
}

/// What is known within one transaction: what was read holds until its end, and what was accepted counts for the calls
/// behind it.
struct Desk<'a, 'w> {
    waiting: &'w Waiting,
    kept: &'w mut Kept,
    claims: Claims<'a>,
    accepted: Vec<Accepted<'a>>,
}

struct Accepted<'a> {
    call: &'a NewCall,
    key: KnownKey,
    variables: String,
    history: String,
    is_late: bool,
}

impl<'a> Desk<'a, '_> {
    fn decide(&mut self, call: &'a NewCall, key: Option<KnownKey>) -> Result<Acceptance> {
        let Some(key) = key else {
            return Ok(Acceptance::UnknownKey);
        };
        match key.status_at(call.now) {
            KeyStatus::Inactive => return Ok(Acceptance::Inactive),
            KeyStatus::Expired => return Ok(Acceptance::Expired),
            KeyStatus::Active => {}
        }
        if let Some(claim) = &call.claim
            && let Some(before) = self.claims.told_before(key.id, claim)?
        {
            return Ok(before);
        }
        if let Some(limit) = call.queue_limit {
            if !self.waiting.has_room(&self.kept.moves, limit) {
                return Ok(Acceptance::QueueFull);
            }
            self.kept.moves.join(call.id);
        }
        self.accept(call, key)
    }

    fn accept(&mut self, call: &'a NewCall, key: KnownKey) -> Result<Acceptance> {
        let key_id = key.id;
        self.claims.add(key_id, call);
        let variables = serde_json::to_string(&call.order.variables)
            .map_err(|_| corrupt("variables cannot be written"))?;
        self.accepted.push(Accepted {
            call,
            key,
            variables,
            history: first_states(call),
            is_late: self.kept.late.add(call.id),
        });
        Ok(Acceptance::Recorded { key_id })
    }
}

fn record(batch: &mut Batch, accepted: &[Accepted<'_>]) {
    batch.push_rows(INSERT_CALLS, 16, accepted, |row, accepted| {
        let Accepted { call, key, .. } = accepted;
        let order = &call.order;
        row.bind(call.id)
            .bind(key.id)
            .bind(&key.name)
            .bind(&order.bot_id)
            .bind(&order.to_number)
            .bind(&order.to_number_raw)
            .bind(&order.from_number)
            .bind(&order.from_number_raw)
            .bind(&accepted.variables)
            .bind(&order.call_reference)
            .bind(first_status(call).as_str())
            .bind(&accepted.history)
            .bind(!accepted.is_late)
            .bind(call.attempt.as_ref().map(|attempt| attempt.id))
            .bind(call.attempt.as_ref().map(|attempt| &attempt.host))
            .bind(micros(call.now));
    });
    let claims: Vec<_> = accepted
        .iter()
        .filter_map(|accepted| Some((accepted, accepted.call.claim.as_ref()?)))
        .collect();
    batch.push_rows(INSERT_CLAIMS, 7, &claims, |row, (accepted, claim)| {
        let answer = claim.answer.as_ref();
        row.bind(accepted.key.id)
            .bind(&claim.idempotency_key)
            .bind(&claim.fingerprint[..])
            .bind(accepted.call.id)
            .bind(micros(accepted.call.now))
            .bind(answer.map(|answer| answer.status))
            .bind(answer.map(|answer| answer.body.as_str()));
    });
    let uses: Vec<_> = last_uses(accepted.iter().filter(|accepted| !accepted.is_late))
        .into_iter()
        .collect();
    batch.push_rows(NOTE_USE, 2, &uses, |row, (key, last)| {
        row.bind(*key).bind(micros(*last));
    });
}

const INSERT_CALLS: &str = "insert or rollback into calls (id, key_id, key_name, bot_id, to_number, to_number_raw, from_number, \
     from_number_raw, variables, call_reference, status, history, is_indexed, attempt, host, created_at, updated_at) \
     select *, column16 from {rows} where column1 is not null";
const INSERT_CLAIMS: &str = "insert or rollback into idempotency_keys (key_id, idempotency_key, fingerprint, call_id, created_at, \
     answer_status, answer_body) select * from {rows} where column1 is not null";
const NOTE_USE: &str = "update or rollback api_keys set last_used_at = max(coalesce(last_used_at, 0), s.column2) \
     from {rows} as s where api_keys.id = s.column1";

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

/// Of a call that is indexed later, this is noted then.
fn last_uses<'a>(accepted: impl Iterator<Item = &'a Accepted<'a>>) -> BTreeMap<Uuid, DateTime<Utc>> {
    let mut uses = BTreeMap::new();
    for Accepted { call, key, .. } in accepted {
        let last = uses.entry(key.id).or_insert(call.now);
        *last = call.now.max(*last);
    }
    uses
}
