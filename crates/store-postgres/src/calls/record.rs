use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use ori_shared::call::CallStatus;
use ori_store::{Claim, NewCall, Result};
use sqlx::{Postgres, Transaction};
use uuid::Uuid;

use crate::convert::{corrupt, failed, optional_text, text};

/// A call that is to be recorded.
pub(super) struct Accepted<'a> {
    pub(super) call: &'a NewCall,
    pub(super) key: Uuid,
    pub(super) key_name: String,
    pub(super) variables: String,
}

/// Records them with their claims, notes that the keys were used, and commits: one statement,
/// however many there are.
///
/// Besides, it lifts the statement timeout, so that the commit is under none: see [`crate::commit`].
pub(super) async fn record(
    mut transaction: Transaction<'_, Postgres>,
    accepted: &[Accepted<'_>],
) -> Result<()> {
    let uses = uses(accepted);
    let claims: Vec<(&Accepted, &Claim)> = accepted
        .iter()
        .filter_map(|one| Some((one, one.call.claim.as_ref()?)))
        .collect();
    let noted: i64 = sqlx::query_scalar(RECORD)
        .bind(each(accepted, |one| one.call.id))
        .bind(each(accepted, |one| one.key))
        .bind(each(accepted, |one| &*one.key_name))
        .bind(each(accepted, |one| text(&one.call.order.bot_id)))
        .bind(each(accepted, |one| &*one.call.order.to_number))
        .bind(each(accepted, |one| text(&one.call.order.to_number_raw)))
        .bind(each(accepted, |one| one.call.order.from_number.as_deref()))
        .bind(each(accepted, |one| {
            optional_text(one.call.order.from_number_raw.as_ref())
        }))
        .bind(each(accepted, |one| &*one.variables))
        .bind(each(accepted, |one| {
            optional_text(one.call.order.call_reference.as_ref())
        }))
        .bind(each(accepted, |one| first_status(one.call).as_str()))
        .bind(each(accepted, |one| one.call.now))
        .bind(each(&claims, |(one, _)| one.key))
        .bind(each(&claims, |(_, claim)| text(&claim.idempotency_key)))
        .bind(each(&claims, |(_, claim)| &claim.fingerprint[..]))
        .bind(each(&claims, |(one, _)| one.call.id))
        .bind(each(&claims, |(one, _)| one.call.now))
        .bind(each(&claims, |(_, claim)| {
            claim.answer.as_ref().map(|answer| i32::from(answer.status))
        }))
        .bind(each(&claims, |(_, claim)| {
            claim.answer.as_ref().map(|answer| &*answer.body)
        }))
        .bind(uses.keys().copied().collect::<Vec<_>>())
        .bind(uses.values().copied().collect::<Vec<_>>())
        .fetch_one(&mut *transaction)
        .await
        .map_err(failed)?;
    if usize::try_from(noted) != Ok(uses.len()) {
        return Err(corrupt("a key that was just read is not there"));
    }
    transaction.commit().await.map_err(failed)
}

const RECORD: &str = "
    with call as (
        select * from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
                             $9::text[], $10::text[], $11::text[], $12::timestamptz[])
            as given (id, key_id, key_name, bot_id, to_number, to_number_raw, from_number, from_number_raw,
                      variables, call_reference, status, now)
    ), recorded as (
        insert into calls (id, key_id, key_name, bot_id, to_number, to_number_raw, from_number, from_number_raw,
                           variables, call_reference, status, created_at, updated_at)
        select id, key_id, key_name, bot_id, to_number, to_number_raw, from_number, from_number_raw,
               variables, call_reference, status, now, now from call
    ), claimed as (
        insert into idempotency_keys (key_id, idempotency_key, fingerprint, call_id, created_at, answer_status, answer_body)
        select * from unnest($13::uuid[], $14::text[], $15::bytea[], $16::uuid[], $17::timestamptz[], $18::integer[], $19::text[])
    ), noted as (
        update api_keys set last_used_at = greatest(last_used_at, used.at)
        from unnest($20::uuid[], $21::timestamptz[]) as used (id, at) where api_keys.id = used.id
        returning 1
    )
    select count(*) from noted, set_config('statement_timeout', '0', true)";

/// When each key was used last.
fn uses(accepted: &[Accepted<'_>]) -> BTreeMap<Uuid, DateTime<Utc>> {
    let mut uses = BTreeMap::new();
    for Accepted { call, key, .. } in accepted {
        let last = uses.entry(*key).or_insert(call.now);
        *last = call.now.max(*last);
    }
    uses
}

/// A column of them.
fn each<'a, T, V>(rows: &'a [T], of: impl Fn(&'a T) -> V) -> Vec<V> {
    rows.iter().map(of).collect()
}

fn first_status(call: &NewCall) -> CallStatus {
    if call.queue_limit.is_some() {
        CallStatus::Queued
    } else {
        CallStatus::Reserved
    }
}
