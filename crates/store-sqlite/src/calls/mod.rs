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

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use ori_shared::call::CallStatus;
use ori_store::{
    Admission, Call, CallQuery, CallRecord, CallResult, CallStep, Calls, FirstAttempt, NewCall, QueuedCall,
    Recovered, Result, SingleProcess,
};
use uuid::Uuid;

use self::accept::Dialout;
pub(crate) use self::group::Group;
use crate::SqliteStore;
use crate::convert::{failed, micros};

#[async_trait]
impl Calls for SqliteStore {
    async fn admit_call(&self, call: NewCall) -> Result<Admission> {
        self.calls.admit(Dialout { call, attempt: None }).await
    }

    async fn step_call(&self, step: CallStep) -> Result<bool> {
        self.calls.step(step).await
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

#[async_trait]
impl SingleProcess for SqliteStore {
    async fn admit_and_send(&self, call: NewCall, attempt: FirstAttempt) -> Result<Admission> {
        let attempt = Some(attempt);
        self.calls.admit(Dialout { call, attempt }).await
    }

    async fn recover_calls(&self, now: DateTime<Utc>) -> Result<Recovered> {
        self.calls.catch_up().await?;
        let mut writer = self.writer().await?;
        let mut transaction = writer.begin().await?;
        let sent = (CallStatus::Sent, CallStatus::Unknown);
        let reserved = (CallStatus::Reserved, CallStatus::Refused);
        let recovered = Recovered {
            unknown: settle::settle(&mut transaction, sent, now).await?,
            refused: settle::settle(&mut transaction, reserved, now).await?,
        };
        transaction.commit().await.map_err(failed)?;
        Ok(recovered)
    }
}
