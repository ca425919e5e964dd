//! Calls. Every change of a call is in a write transaction, of which there is one at a time: "of two, one comes first".

mod accept;
mod change;
mod claims;
mod group;
mod group_writer;
mod late;
mod list;
mod outbox;
mod purge;
mod read;
mod result;
mod settle;
mod step;
mod waiting;

use std::sync::atomic::Ordering;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use ori_shared::call::CallStatus;
use ori_store::{
    Acceptance, Call, CallQuery, CallRecord, CallResult, CallStep, Calls, Given, HostRoom, NewCall, Patience,
    QueuedCall, Result,
};
use uuid::Uuid;

pub(crate) use self::group::Group;
use crate::SqliteStore;
use crate::convert::{failed, micros};

#[async_trait]
impl Calls for SqliteStore {
    async fn accept_call(&self, call: NewCall) -> Result<Acceptance> {
        self.calls.accept(call).await
    }

    async fn step_call(&self, step: CallStep) -> Result<bool> {
        self.calls.step(step).await
    }

    async fn give_call(&self, step: CallStep, _room: Option<HostRoom>) -> Result<Given> {
        let is_given = self.step_call(step).await?;
        Ok(if is_given { Given::Given } else { Given::MovedOn })
    }

    async fn draw_number(&self) -> Result<i64> {
        Ok(self.numbers.fetch_add(1, Ordering::SeqCst))
    }

    async fn add_call_result(&self, result: CallResult) -> Result<Option<Uuid>> {
        self.calls.result(result).await
    }

    async fn call(&self, id: Uuid) -> Result<Option<CallRecord>> {
        read::record(&self.readers, id).await
    }

    async fn list_calls(&self, query: CallQuery) -> Result<(Vec<Call>, Option<Uuid>)> {
        self.calls.catch_up().await?;
        list::list(&self.readers, &query).await
    }

    async fn queued_calls(&self, after: Option<Uuid>, limit: u32) -> Result<Vec<QueuedCall>> {
        let mut queued = Vec::new();
        let mut after = after;
        // Some may be gone from the queue by the time they are read.
        while queued.len() < limit as usize {
            let waiting = self.calls.waiting(after, limit as usize).await?;
            let Some(last) = waiting.last() else { break };
            after = Some(*last);
            queued.extend(read::queued(&self.readers, &waiting).await?);
        }
        Ok(queued)
    }

    async fn settle_left_over_calls(
        &self,
        patience: Option<Patience>,
        now: DateTime<Utc>,
    ) -> Result<(u64, u64)> {
        self.calls.catch_up().await?;
        let mut writer = self.writer().await?;
        let mut transaction = writer.begin().await?;
        let sent = (CallStatus::Sent, CallStatus::Unknown);
        let unknown = settle::settle(
            &mut transaction,
            sent,
            patience.map(|patience| patience.sent),
            now,
        )
        .await?;
        let reserved = (CallStatus::Reserved, CallStatus::Refused);
        let refused = settle::settle(
            &mut transaction,
            reserved,
            patience.map(|patience| patience.reserved),
            now,
        )
        .await?;
        transaction.commit().await.map_err(failed)?;
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
            sqlx::query("update api_keys set last_refused_at = ?2, last_refused_reason = ?3 where id = ?1");
        self.changed(note.bind(key).bind(micros(now)).bind(reason.to_owned()))
            .await
            .map(|_| ())
    }
}
