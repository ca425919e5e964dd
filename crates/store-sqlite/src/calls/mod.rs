//! Calls. The writer makes one change at a time, so that of any two, one comes first.

mod accept;
mod call_result;
mod idempotency;
mod list;
mod outbox;
mod purge;
mod read;
mod recovery;
mod transition;

use std::sync::atomic::Ordering;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use ori_shared::call::CallStatus;
use ori_store::{
    Acceptance, Call, CallQuery, CallRecord, CallResult, CallStep, Calls, Given, HostRoom, NewCall, Patience,
    QueuedCall, Result, list_calls,
};
use uuid::Uuid;

use crate::SqliteStore;
use crate::codec::micros;
use crate::error::read_failed;

#[async_trait]
impl Calls for SqliteStore {
    async fn accept_call(&self, call: NewCall) -> Result<Acceptance> {
        self.write(move |transaction| accept::accept(transaction, &call))
            .await
    }

    async fn step_call(&self, step: CallStep) -> Result<bool> {
        self.write(move |transaction| transition::transition(transaction, &step))
            .await
    }

    async fn give_call(&self, step: CallStep, _room: Option<HostRoom>) -> Result<Given> {
        let is_given = self.step_call(step).await?;
        Ok(if is_given { Given::Given } else { Given::MovedOn })
    }

    async fn draw_number(&self) -> Result<i64> {
        Ok(self.numbers.fetch_add(1, Ordering::SeqCst))
    }

    async fn add_call_result(&self, result: CallResult) -> Result<Option<Uuid>> {
        self.write(move |transaction| call_result::add(transaction, &result))
            .await
    }

    async fn call(&self, id: Uuid) -> Result<Option<CallRecord>> {
        read::record(&self.readers, id).await
    }

    async fn list_calls(&self, query: CallQuery) -> Result<(Vec<Call>, Option<Uuid>)> {
        let snapshot = self.readers.begin().await.map_err(read_failed)?;
        list_calls(&mut list::Snapshot(snapshot), &query).await
    }

    async fn queued_calls(&self, after: Option<Uuid>, limit: u32) -> Result<Vec<QueuedCall>> {
        read::queued(&self.readers, after, limit).await
    }

    async fn settle_left_over_calls(
        &self,
        patience: Option<Patience>,
        now: DateTime<Utc>,
    ) -> Result<(u64, u64)> {
        let sent = (CallStatus::Sent, CallStatus::Unknown);
        let reserved = (CallStatus::Reserved, CallStatus::Refused);
        self.write(move |transaction| {
            let unknown = recovery::recover(transaction, sent, patience.map(|after| after.sent), now)?;
            let refused =
                recovery::recover(transaction, reserved, patience.map(|after| after.reserved), now)?;
            Ok((unknown, refused))
        })
        .await
    }

    async fn forget_idempotency_keys(&self, before: DateTime<Utc>, limit: u32) -> Result<u64> {
        purge::forget_idempotency_keys(self, before, limit).await
    }

    async fn purge_calls(&self, before: DateTime<Utc>, limit: u32) -> Result<u64> {
        purge::purge(self, before, limit).await
    }

    async fn note_refusal(&self, key: Uuid, reason: &str, now: DateTime<Utc>) -> Result<()> {
        let note = "update api_keys set last_refused_at = ?2, last_refused_reason = ?3 where id = ?1";
        self.execute_one(note, (key, micros(now), reason.to_owned()))
            .await
            .map(|_| ())
    }
}
