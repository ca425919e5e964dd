//! The one statement that records calls, however many there are.

use std::collections::{BTreeSet, HashMap};

use ori_key::KeyDigest;
use ori_store::{Answer, IdempotencyRecord, NewCall, Result, StoreError};
use sqlx::postgres::PgConnection;
use uuid::Uuid;

use super::queue_bound::QUEUE_LOCK;
use crate::codec::{optional_text, text};
use crate::time_limit::InTime as _;

/// Records those of the calls that may be recorded as they are, with their claims, and notes that their keys were used.
/// Returns their ids, each with its key's.
///
/// Left out is a call whose key is unknown, does not work, or is locked by somebody else; under whose idempotency key
/// something was asked before; or that draws a number above `most`. Why, the caller finds out. Of two calls of one
/// claim only one is handed in.
///
/// The use of a key is noted once a minute: each note leaves a dead version of the key's row, which every acceptance and
/// look-up passes over while a snapshot is held open.
///
/// Inserts the calls. With `most`, the queue cannot be counted until the transaction has ended. Outside of a transaction, the statement
/// commits by itself, and `failed` classifies its error accordingly.
pub(super) async fn insert(
    connection: &mut PgConnection,
    calls: &[&NewCall],
    most: Option<i64>,
    failed: fn(sqlx::Error) -> StoreError,
) -> Result<HashMap<Uuid, Uuid>> {
    let keys: BTreeSet<_> = calls.iter().map(|call| digest(&call.key)).collect();
    let keys: Vec<_> = keys.into_iter().collect();
    // The server plans anew each time what takes many, and what takes one only once.
    let insert = match &keys[..] {
        [one] => sqlx::query_as(statement!("= $1")).bind(one),
        many => sqlx::query_as(statement!("= any($1)")).bind(many),
    };
    let variables: Vec<_> = calls
        .iter()
        .map(|call| call.order.variables_json())
        .collect::<Result<_>>()?;
    let recorded = insert
        .bind(most)
        .bind(QUEUE_LOCK)
        .bind(each(calls, |call| call.id))
        .bind(each(calls, |call| digest(&call.key)))
        .bind(each(calls, |call| text(&call.order.bot_id)))
        .bind(each(calls, |call| &*call.order.to_number))
        .bind(each(calls, |call| text(&call.order.to_number_raw)))
        .bind(each(calls, |call| call.order.from_number.as_deref()))
        .bind(each(calls, |call| {
            optional_text(call.order.from_number_raw.as_ref())
        }))
        .bind(variables)
        .bind(each(calls, |call| {
            optional_text(call.order.call_reference.as_ref())
        }))
        .bind(each(calls, |call| call.first_status().as_str()))
        .bind(each(calls, |call| call.now))
        .bind(each(calls, |call| Some(text(&claim(call)?.idempotency_key))))
        .bind(each(calls, |call| Some(&claim(call)?.fingerprint[..])))
        .bind(each(calls, |call| Some(i32::from(answer(call)?.status))))
        .bind(each(calls, |call| Some(&*answer(call)?.body)))
        .fetch_one(connection)
        .in_time()
        .await
        .map_err(failed)?;
    let (ids, keys): (Vec<Uuid>, Vec<Uuid>) = recorded;
    Ok(ids.into_iter().zip(keys).collect())
}

/// The key's row is locked, or passed over, by its newest version, and so is not another one when this has committed. A
/// claim that somebody made meanwhile is met by the unique index, whatever the statement's snapshot has. The numbers
/// are drawn under a shared lock of the queue. Counting takes it exclusively.
macro_rules! statement {
    ($compared:literal) => {
        concat!(
            "
    with key as materialized (
        select id, digest, name, is_active, expires_at from api_keys where digest ", $compared, "
        for no key update skip locked
    ), held as materialized (
        select case when $2::bigint is not null then pg_advisory_xact_lock_shared($3) end
    ), wanted as materialized (
        select given.*, key.id as key_id, key.name as key_name, nextval('call_numbers') as number
        from held, unnest($4::uuid[], $5::bytea[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[], $11::text[],
                    $12::text[], $13::text[], $14::timestamptz[], $15::text[], $16::bytea[], $17::integer[], $18::text[])
            as given (id, digest, bot_id, to_number, to_number_raw, from_number, from_number_raw, variables, call_reference,
                      status, now, idempotency_key, fingerprint, answer_status, answer_body)
        join key using (digest)
        where key.is_active and (key.expires_at is null or key.expires_at > given.now)
    ), claimed as (
        insert into idempotency_keys (key_id, idempotency_key, fingerprint, call_id, created_at, answer_status, answer_body)
        select key_id, idempotency_key, fingerprint, id, now, answer_status, answer_body
        from wanted where idempotency_key is not null and ($2 is null or number <= $2)
        on conflict do nothing returning call_id
    ), accepted as materialized (
        select * from wanted
        where ($2 is null or number <= $2) and (idempotency_key is null or id in (select call_id from claimed))
    ), noted as (
        update api_keys set last_used_at = used.at
        from (select key_id, max(now) as at from accepted group by key_id) as used
        where api_keys.id = used.key_id and (last_used_at is null or last_used_at <= used.at - interval '1 minute')
    ), recorded as (
        insert into calls (id, key_id, key_name, bot_id, to_number, to_number_raw, from_number, from_number_raw,
                           variables, call_reference, status, created_at, updated_at, recorded_number)
        select id, key_id, key_name, bot_id, to_number, to_number_raw, from_number, from_number_raw,
               variables, call_reference, status, now, now, number from accepted
        returning id, key_id
    )
    select coalesce(array_agg(id), '{}') as ids, coalesce(array_agg(key_id), '{}') as key_ids from recorded"
        )
    };
}
use statement;

/// A column of them.
fn each<'a, T>(calls: &[&'a NewCall], of: impl Fn(&'a NewCall) -> T) -> Vec<T> {
    calls.iter().map(|call| of(call)).collect()
}

fn digest(key: &KeyDigest) -> &[u8] {
    &key.as_bytes()[..]
}

fn claim(call: &NewCall) -> Option<&IdempotencyRecord> {
    call.claim.as_ref()
}

fn answer(call: &NewCall) -> Option<&Answer> {
    claim(call)?.answer.as_ref()
}
