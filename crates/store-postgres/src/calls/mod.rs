//! Calls. Every change of a call first locks its row, and every acceptance its key's, so that "of two, one comes
//! first".

mod accept;
mod give;
mod group;
pub(crate) mod history;
mod list;
mod outbox;
mod purge;
mod read;
mod record;
mod room;
mod transition;

use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use ori_shared::call::CallStatus;
use ori_store::{
    Acceptance, Call, CallQuery, CallRecord, CallResult, CallStep, Calls, Given, HostRoom, NewCall, Patience,
    QueuedCall, Result, list_calls,
};
use sqlx::postgres::PgPool;
use uuid::Uuid;

use self::group::Group;
use self::room::Room;
use crate::error::corrupt;
use crate::statement::ScalarQuery as _;
use crate::{PostgresStore, commit};

/// Where calls are handed in that are to be accepted.
pub(crate) struct Acceptances {
    /// Those that join the queue. They commit one after the other, and so are written as one group at a time.
    waiting: Group,
    /// Those that are dialled at once, which wait for nobody who joins the queue.
    dialled: Group,
}

impl Acceptances {
    /// Writes through that pool.
    pub(crate) fn new(pool: &PgPool) -> Self {
        let room = Arc::new(Room::default());
        Self {
            waiting: Group::new(pool.clone(), room.clone(), 1),
            dialled: Group::new(pool.clone(), room, 2),
        }
    }
}

#[async_trait]
impl Calls for PostgresStore {
    async fn accept_call(&self, call: NewCall) -> Result<Acceptance> {
        if call.attempt.is_some() {
            return Err(corrupt(
                "others give calls away as well: that is decided when the call is there",
            ));
        }
        let lane = if call.queue_limit.is_some() {
            &self.acceptances.waiting
        } else {
            &self.acceptances.dialled
        };
        let key = call.key;
        let became = lane.accept(call).await?;
        self.working.learn(key, &became);
        Ok(became)
    }

    async fn step_call(&self, step: CallStep) -> Result<bool> {
        let mut transaction = self.begin().await?;
        let moved = transition::transition(&mut transaction, &step).await?;
        commit(transaction).await?;
        Ok(moved)
    }

    async fn give_call(&self, step: CallStep, room: Option<HostRoom>) -> Result<Given> {
        let mut transaction = self.begin().await?;
        let given = give::give(&mut transaction, &step, room).await?;
        if given == Given::Given {
            commit(transaction).await?;
        }
        Ok(given)
    }

    async fn draw_number(&self) -> Result<i64> {
        sqlx::query_scalar("select nextval('fleet_numbers')")
            .value(&self.pool)
            .await
    }

    async fn add_call_result(&self, result: CallResult) -> Result<Option<Uuid>> {
        let mut transaction = self.begin().await?;
        let call = transition::add_result(&mut transaction, &result).await?;
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
        read::queued(&self.pool, after, limit).await
    }

    async fn settle_left_over_calls(
        &self,
        patience: Option<Patience>,
        now: DateTime<Utc>,
    ) -> Result<(u64, u64)> {
        let mut transaction = self.begin().await?;
        let sent = (CallStatus::Sent, CallStatus::Unknown);
        let unknown = transition::settle(
            &mut transaction,
            sent,
            patience.map(|patience| patience.sent),
            now,
        )
        .await?;
        let reserved = (CallStatus::Reserved, CallStatus::Refused);
        let refused = transition::settle(
            &mut transaction,
            reserved,
            patience.map(|patience| patience.reserved),
            now,
        )
        .await?;
        commit(transaction).await?;
        Ok((unknown, refused))
    }

    async fn forget_idempotency_keys(&self, before: DateTime<Utc>, limit: u32) -> Result<u64> {
        purge::forget_idempotency_keys(self, before, limit).await
    }

    async fn purge_calls(&self, before: DateTime<Utc>, limit: u32) -> Result<u64> {
        purge::purge(self, before, limit).await
    }

    async fn note_refusal(&self, key: Uuid, reason: &str, now: DateTime<Utc>) -> Result<()> {
        let note =
            sqlx::query("update api_keys set last_refused_at = $2, last_refused_reason = $3 where id = $1");
        self.changed(note.bind(key).bind(now).bind(reason.to_owned()))
            .await
            .map(|_| ())
    }
}
