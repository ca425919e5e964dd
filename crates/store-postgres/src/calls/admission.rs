use std::collections::{BTreeSet, HashMap, HashSet};

use ori_key::KeyDigest;
use ori_shared::api_key::KeyStatus;
use ori_store::rows::get;
use ori_store::{Admission, IdempotencyRecord, KnownKey, NewCall, Rejection, Result, rows};
use sqlx::postgres::{PgConnection, PgRow};
use sqlx::{Postgres, Transaction};
use uuid::Uuid;

use super::insert::insert;
use super::queue_bound::{Queue, QueueBound};
use crate::api_keys::select_known;
use crate::codec::{ReadRow, text};
use crate::error::{commit_failed, corrupt, failed};
use crate::statement::Statement as _;
use crate::time_limit::InTime as _;
use crate::{begin_on, commit};

/// Treatment of calls whose key another transaction has locked.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum LockMode {
    /// They have no outcome.
    SkipLocked,
    /// Waits for it. All calls are then of one key, so the transaction holds no lock while it waits.
    Block,
}

/// Decides on each call and records the admitted ones. One statement is almost always enough; the calls that it leaves
/// out are decided one by one.
pub(super) async fn accept(
    connection: &mut PgConnection,
    room: &QueueBound,
    calls: &[&NewCall],
    locked: LockMode,
) -> Result<Vec<Option<Admission>>> {
    let recorded = match locked {
        LockMode::SkipLocked => at_once(connection, room, calls).await?,
        // The lock has to be waited for first.
        LockMode::Block => HashMap::new(),
    };
    let left: Vec<_> = calls
        .iter()
        .copied()
        .filter(|call| !recorded.contains_key(&call.id))
        .collect();
    let mut in_turn = match &left[..] {
        [] => Vec::new(),
        left => in_turn(connection, room, left, locked).await?,
    }
    .into_iter();
    let outcome = |call: &&NewCall| match recorded.get(&call.id) {
        Some(key_id) => Some(Admission::Recorded { key_id: *key_id }),
        None => in_turn.next().flatten(),
    };
    Ok(calls.iter().map(outcome).collect())
}

/// Records the calls that need no other result than their record.
async fn at_once(
    connection: &mut PgConnection,
    room: &QueueBound,
    calls: &[&NewCall],
) -> Result<HashMap<Uuid, Uuid>> {
    let waits = calls.iter().any(|call| call.queue_limit.is_some());
    let most = room.most(calls);
    if waits && most.is_none() {
        return Ok(HashMap::new());
    }
    let mut claims = HashSet::new();
    let mut first = Vec::with_capacity(calls.len());
    for call in calls.iter().copied() {
        let claim = call.claim.as_ref().map(|claim| text(&claim.idempotency_key));
        if claim.is_none_or(|claim| claims.insert((call.key, claim))) {
            first.push(call);
        }
    }
    insert(connection, &first, most, commit_failed).await
}

/// Decides on each call in turn, in one transaction, with the reason of a rejection.
async fn in_turn(
    connection: &mut PgConnection,
    room: &QueueBound,
    calls: &[&NewCall],
    locked: LockMode,
) -> Result<Vec<Option<Admission>>> {
    let mut transaction = begin_on(connection).await?;
    let keys = keys(&mut transaction, calls, locked).await?;
    let mut state = AdmissionState {
        before: claims(&mut transaction, calls, &keys).await?,
        calls,
        keys,
        locked,
        queue: None,
        accepted: Vec::new(),
        claimed: HashMap::new(),
    };
    let mut outcomes = Vec::with_capacity(calls.len());
    for call in calls {
        outcomes.push(state.decide(&mut transaction, room, call).await?);
    }
    // Without a call to record, the transaction ends here.
    if !state.accepted.is_empty() {
        let recorded = insert(&mut transaction, &state.accepted, None, failed).await?;
        if recorded.len() != state.accepted.len() {
            return Err(corrupt("a call that was accepted is not recorded"));
        }
        commit(transaction).await?;
        state.queue.iter().for_each(|queue| room.keep(queue));
    }
    Ok(outcomes)
}

/// State of one transaction: rows that were read under the keys' locks hold until its end, and calls that were admitted
/// counts for the calls behind it.
struct AdmissionState<'a> {
    calls: &'a [&'a NewCall],
    keys: HashMap<KeyDigest, KnownKey>,
    locked: LockMode,
    /// The claims that were made before.
    before: HashMap<(Uuid, String), PgRow>,
    queue: Option<Queue>,
    accepted: Vec<&'a NewCall>,
    /// The claims that are being made.
    claimed: HashMap<(Uuid, &'a str), (Uuid, &'a IdempotencyRecord)>,
}

impl<'a> AdmissionState<'a> {
    async fn decide(
        &mut self,
        transaction: &mut Transaction<'_, Postgres>,
        room: &QueueBound,
        call: &'a NewCall,
    ) -> Result<Option<Admission>> {
        let Some(key) = self.keys.get(&call.key).cloned() else {
            return Ok((self.locked == LockMode::Block).then(Admission::unknown_key));
        };
        let rejected = |reason| Ok(Some(Admission::rejected(key.id, reason)));
        match key.status_at(call.now) {
            KeyStatus::Inactive => return rejected(Rejection::KeyInactive),
            KeyStatus::Expired => return rejected(Rejection::KeyExpired),
            KeyStatus::Active => {}
        }
        if let Some(claim) = &call.claim
            && let Some(rejection) = self.claimed_before(key.id, claim)?
        {
            return rejected(rejection);
        }
        if self.is_queue_full(transaction, room, call).await? {
            return rejected(Rejection::QueueFull);
        }
        Ok(Some(self.accept(call, key.id)))
    }

    fn claimed_before(&self, key: Uuid, claim: &IdempotencyRecord) -> Result<Option<Rejection>> {
        if let Some((call_id, made)) = self.claimed.get(&(key, claim.idempotency_key.as_str())) {
            return Ok(Some(told_just_now(*call_id, made, claim)));
        }
        let row = self.before.get(&(key, text(&claim.idempotency_key).into_owned()));
        row.map(|row| rows::replay(&ReadRow(row), claim)).transpose()
    }

    async fn is_queue_full(
        &mut self,
        transaction: &mut Transaction<'_, Postgres>,
        room: &QueueBound,
        call: &NewCall,
    ) -> Result<bool> {
        let Some(limit) = call.queue_limit else {
            return Ok(false);
        };
        if self.queue.is_none() {
            self.queue = Some(room.enter(transaction, self.calls).await?);
        }
        Ok(!self.queue.as_mut().is_some_and(|queue| queue.join(limit)))
    }

    fn accept(&mut self, call: &'a NewCall, key_id: Uuid) -> Admission {
        if let Some(claim) = &call.claim {
            self.claimed
                .insert((key_id, &claim.idempotency_key), (call.id, claim));
        }
        self.accepted.push(call);
        Admission::Recorded { key_id }
    }
}

/// Returns the keys of these calls, locked against change and deletion until the transaction ends. If a key is being
/// changed, it is missing or the query waits, depending on the lock mode, and then returns the committed state.
///
/// The lock is that of the update of `last_used_at` which follows: a weaker one, shared at first, would have two
/// acceptances wait for each other.
async fn keys(
    transaction: &mut Transaction<'_, Postgres>,
    calls: &[&NewCall],
    locked: LockMode,
) -> Result<HashMap<KeyDigest, KnownKey>> {
    let digests: BTreeSet<_> = calls.iter().map(|call| &call.key.as_bytes()[..]).collect();
    let digests: Vec<_> = digests.into_iter().collect();
    // The server plans anew each time what takes many, and what takes one only once.
    let lock = match (&digests[..], locked) {
        ([one], LockMode::SkipLocked) => {
            sqlx::query(concat!(select_known!(), " = $1 for no key update skip locked")).bind(one)
        }
        ([one], LockMode::Block) => {
            sqlx::query(concat!(select_known!(), " = $1 for no key update")).bind(one)
        }
        (many, _) => sqlx::query(concat!(
            select_known!(),
            " = any($1) for no key update skip locked"
        ))
        .bind(many),
    };
    let keys = lock.all(&mut **transaction, rows::known_key).await?;
    Ok(keys.into_iter().collect())
}

/// Returns the idempotency records of these calls. They are read after their keys were locked, and so include the one that
/// was claimed by the previous holder of the locks.
async fn claims(
    transaction: &mut Transaction<'_, Postgres>,
    calls: &[&NewCall],
    keys: &HashMap<KeyDigest, KnownKey>,
) -> Result<HashMap<(Uuid, String), PgRow>> {
    let (ids, wanted): (Vec<_>, Vec<_>) = calls
        .iter()
        .filter_map(|call| {
            Some((
                keys.get(&call.key)?.id,
                text(&call.claim.as_ref()?.idempotency_key),
            ))
        })
        .unzip();
    if wanted.is_empty() {
        return Ok(HashMap::new());
    }
    // One look-up each by the primary keys, however the tables have grown since this was planned.
    let rows = sqlx::query(
        "select wanted.key_id, wanted.idempotency_key, claim.*
         from unnest($1::uuid[], $2::text[]) as wanted (key_id, idempotency_key)
         cross join lateral
             (select i.fingerprint, i.call_id, i.answer_status, i.answer_body,
                     (select c.status from calls c where c.id = i.call_id) as status
              from idempotency_keys i
              where i.key_id = wanted.key_id and i.idempotency_key = wanted.idempotency_key limit 1) as claim",
    )
    .bind(ids)
    .bind(wanted)
    .fetch_all(&mut **transaction)
    .in_time()
    .await
    .map_err(failed)?;
    let keyed = |row| {
        let key = (
            get(&ReadRow(&row), "key_id")?,
            get(&ReadRow(&row), "idempotency_key")?,
        );
        Ok((key, row))
    };
    rows.into_iter().map(keyed).collect()
}

/// The claim was made by a call that is being accepted in the same transaction.
fn told_just_now(call_id: Uuid, made: &IdempotencyRecord, claim: &IdempotencyRecord) -> Rejection {
    match &made.answer {
        _ if !claim.is_of(&made.fingerprint) => Rejection::Mismatch { call_id },
        Some(answer) => Rejection::Replay(answer.clone()),
        None => Rejection::InProgress,
    }
}
