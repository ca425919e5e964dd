//! Calls. The writer makes one change at a time, so that of any two, one comes first.

mod admission;
mod call_result;
mod idempotency;
mod list;
mod outbox;
mod purge;
mod read;
mod recovery;
mod transition;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use ori_store::{
    Admission, Call, CallQuery, CallRecord, CallResult, Calls, FirstAttempt, NewCall, QueuedCall, Recovered,
    Result, SingleProcess, Transition, list_calls,
};
use uuid::Uuid;

use crate::SqliteStore;
use crate::codec::micros;
use crate::error::read_failed;

#[async_trait]
impl Calls for SqliteStore {
    async fn admit_call(&self, call: NewCall) -> Result<Admission> {
        self.write(move |transaction| admission::admit(transaction, &call, None))
            .await
    }

    async fn transition_call(&self, step: Transition) -> Result<bool> {
        self.write(move |transaction| transition::transition(transaction, &step))
            .await
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

    async fn delete_expired_idempotency_keys(&self, before: DateTime<Utc>, limit: u32) -> Result<u64> {
        purge::delete_expired_idempotency_keys(self, before, limit).await
    }

    async fn purge_calls(&self, before: DateTime<Utc>, limit: u32) -> Result<u64> {
        purge::purge(self, before, limit).await
    }

    async fn note_use(&self, key: Uuid, now: DateTime<Utc>) -> Result<()> {
        self.execute_one(admission::NOTE_USE, (key, micros(now)))
            .await
            .map(|_| ())
    }

    async fn note_refusal(&self, key: Uuid, reason: &str, now: DateTime<Utc>) -> Result<()> {
        let note = "update api_keys set last_refused_at = ?2, last_refused_reason = ?3 where id = ?1";
        self.execute_one(note, (key, micros(now), reason.to_owned()))
            .await
            .map(|_| ())
    }
}

#[async_trait]
impl SingleProcess for SqliteStore {
    async fn admit_and_send(&self, call: NewCall, attempt: FirstAttempt) -> Result<Admission> {
        self.write(move |transaction| admission::admit(transaction, &call, Some(&attempt)))
            .await
    }

    async fn orphaned_calls(&self) -> Result<Vec<Uuid>> {
        recovery::orphaned(&self.readers).await
    }

    async fn recover_calls(&self, calls: Vec<Uuid>, now: DateTime<Utc>) -> Result<Recovered> {
        self.write(move |transaction| recovery::recover(transaction, &calls, now))
            .await
    }
}
