//! Calls. Every change of a call first locks its row, and every acceptance its key's, so that "of two, one comes
//! first".

mod admission;
mod assign_host;
mod call_result;
mod group_commit;
mod idempotency;
mod insert;
mod list;
mod low_water;
mod outbox;
mod purge;
mod queue_bound;
mod read;
mod recovery;
pub(crate) mod status_history;
mod transition;

use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use ori_shared::call::CallStatus;
use ori_store::{
    Admission, Assignment, Call, CallQuery, CallRecord, CallResult, Calls, HostCapacity, NewCall, QueuedCall,
    Recovered, Replicated, Result, StaleAfter, Transition, list_calls,
};
use sqlx::postgres::PgPool;
use uuid::Uuid;

use self::group_commit::Group;
pub(crate) use self::low_water::LowWater;
use self::queue_bound::QueueBound;
use crate::statement::ScalarQuery as _;
use crate::{PostgresStore, commit};

/// Queues of the calls to be admitted.
pub(crate) struct Admissions {
    /// Those that join the queue. They commit one after the other, and so are written as one group at a time.
    waiting: Group,
    /// Groups of calls that are dispatched at once. They do not wait for calls that join the queue.
    dialled: Group,
}

impl Admissions {
    /// Writes through that pool.
    pub(crate) fn new(pool: &PgPool, low_water: Arc<LowWater>) -> Self {
        let room = Arc::new(QueueBound::new(low_water));
        Self {
            waiting: Group::new(pool.clone(), room.clone(), 1),
            dialled: Group::new(pool.clone(), room, 2),
        }
    }
}

#[async_trait]
impl Calls for PostgresStore {
    async fn admit_call(&self, call: NewCall) -> Result<Admission> {
        let lane = if call.queue_limit.is_some() {
            &self.admissions.waiting
        } else {
            &self.admissions.dialled
        };
        lane.admit(call).await
    }

    async fn transition_call(&self, step: Transition) -> Result<bool> {
        let mut transaction = self.begin().await?;
        let moved = transition::transition(&mut transaction, &step).await?;
        commit(transaction).await?;
        Ok(moved)
    }

    async fn add_call_result(&self, result: CallResult) -> Result<Option<Uuid>> {
        let mut transaction = self.begin().await?;
        let call = call_result::add(&mut transaction, &result).await?;
        commit(transaction).await?;
        Ok(call)
    }

    async fn call(&self, id: Uuid) -> Result<Option<CallRecord>> {
        read::record(&self.pool, id).await
    }

    async fn list_calls(&self, query: CallQuery) -> Result<(Vec<Call>, Option<Uuid>)> {
        let snapshot = self.snapshot().await?;
        list_calls(&mut list::Snapshot(snapshot), &query).await
    }

    async fn queued_calls(&self, after: Option<Uuid>, limit: u32) -> Result<Vec<QueuedCall>> {
        let from = match after {
            Some(after) => after,
            None => before(self.low_water.open(&self.pool).await?),
        };
        read::queued(&self.pool, from, limit).await
    }

    async fn delete_expired_idempotency_keys(&self, before: DateTime<Utc>, limit: u32) -> Result<u64> {
        purge::delete_expired_idempotency_keys(self, before, limit).await
    }

    async fn purge_calls(&self, before: DateTime<Utc>, limit: u32) -> Result<u64> {
        purge::purge(self, before, limit).await
    }

    async fn note_use(&self, key: Uuid, now: DateTime<Utc>) -> Result<()> {
        let note = sqlx::query(
            "update api_keys set last_used_at = $2 where id = $1 and (last_used_at is null or last_used_at < $2)",
        );
        self.changed(note.bind(key).bind(now)).await.map(|_| ())
    }

    async fn note_refusal(&self, key: Uuid, reason: &str, now: DateTime<Utc>) -> Result<()> {
        let note =
            sqlx::query("update api_keys set last_refused_at = $2, last_refused_reason = $3 where id = $1");
        self.changed(note.bind(key).bind(now).bind(reason.to_owned()))
            .await
            .map(|_| ())
    }
}

/// The id before that one.
fn before(id: Uuid) -> Uuid {
    Uuid::from_u128(id.as_u128().saturating_sub(1))
}

#[async_trait]
impl Replicated for PostgresStore {
    async fn assign_host(&self, step: Transition, capacity: HostCapacity) -> Result<Assignment> {
        let mut transaction = self.begin().await?;
        let (assignment, lowest) =
            assign_host::assign(&mut transaction, &step, capacity, &self.low_water).await?;
        if assignment == Assignment::Assigned {
            commit(transaction).await?;
        }
        if let (Some(host), Some(lowest)) = (&step.host, lowest) {
            self.low_water.set_sent(host, lowest);
        }
        Ok(assignment)
    }

    async fn next_sequence(&self) -> Result<i64> {
        sqlx::query_scalar("select nextval('fleet_numbers')")
            .value(&self.pool)
            .await
    }

    async fn recover_orphaned_calls(&self, stale_after: StaleAfter, now: DateTime<Utc>) -> Result<Recovered> {
        let mut transaction = self.begin().await?;
        let from = self.low_water.open(&mut *transaction).await?;
        let sent = (CallStatus::Sent, CallStatus::Unknown);
        let reserved = (CallStatus::Reserved, CallStatus::Refused);
        let recovered = Recovered {
            unknown: recovery::recover(&mut transaction, from, sent, stale_after.sent, now).await?,
            refused: recovery::recover(&mut transaction, from, reserved, stale_after.reserved, now).await?,
        };
        commit(transaction).await?;
        Ok(recovered)
    }
}
