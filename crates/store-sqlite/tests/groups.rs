//! What waits at the same time is written together, and yet each comes off as if it were alone.

#![expect(clippy::unwrap_used, reason = "in a test, a panic is the report")]

use chrono::DateTime;
use ori_key::PlainKey;
use ori_shared::call::CallStatus;
use ori_store::{
    Admission, ApiKeyChange, ApiKeys as _, CallStep, Calls as _, Claim, NewCall, Rejection, Result,
};
use ori_store_sqlite::SqliteStore;
use tempfile::TempDir;
use uuid::Uuid;

mod support;
mod together;

use support::{call, key};
use together::together;

struct Stage {
    store: SqliteStore,
    key: PlainKey,
    _folder: TempDir,
}

impl Stage {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(&folder.path().join("ori.sqlite3"))
            .await
            .unwrap();
        Self {
            key: key(&store).await,
            store,
            _folder: folder,
        }
    }

    fn call(&self, id: u128) -> NewCall {
        call(&self.key, id, None)
    }

    fn claimed(&self, id: u128, fingerprint: u8) -> NewCall {
        let claim = Claim {
            idempotency_key: "order".into(),
            fingerprint: [fingerprint; 32],
            former_fingerprint: [fingerprint; 32],
            answer: None,
        };
        NewCall {
            claim: Some(claim),
            ..self.call(id)
        }
    }

    fn waiting(&self, id: u128, limit: u32) -> NewCall {
        NewCall {
            queue_limit: Some(limit),
            ..self.call(id)
        }
    }

    async fn accept(&self, calls: Vec<NewCall>) -> Vec<Result<Admission>> {
        let asked = calls.into_iter().map(|call| self.store.admit_call(call));
        together(&self.store, asked).await
    }

    async fn stands(&self, id: u128) -> CallStatus {
        let record = self.store.call(Uuid::from_u128(id)).await.unwrap();
        record.unwrap().call.status
    }

    async fn queue(&self) -> Vec<u128> {
        let queued = self.store.queued_calls(None, 100).await.unwrap();
        queued.iter().map(|call| call.id.as_u128()).collect()
    }
}

fn rejection(admission: &Result<Admission>) -> Option<&Rejection> {
    admission.as_ref().unwrap().rejection()
}

fn recorded(admission: &Result<Admission>) -> bool {
    matches!(admission, Ok(Admission::Recorded { .. }))
}

fn step(id: u128, from: &'static [CallStatus], to: CallStatus) -> CallStep {
    CallStep::new(Uuid::from_u128(id), from, to, DateTime::UNIX_EPOCH)
}

#[tokio::test]
async fn of_those_that_claim_the_same_one_is_recorded() {
    let stage = Stage::new().await;
    let same = vec![stage.claimed(1, 7), stage.claimed(2, 7), stage.claimed(3, 8)];
    let accepted = stage.accept(same).await;
    assert!(recorded(&accepted[0]));
    assert_eq!(rejection(&accepted[1]), Some(&Rejection::InProgress));
    assert!(matches!(
        rejection(&accepted[2]),
        Some(Rejection::Mismatch { .. })
    ));
    assert!(stage.store.call(Uuid::from_u128(2)).await.unwrap().is_none());
}

#[tokio::test]
async fn what_cannot_be_written_fails_alone() {
    let stage = Stage::new().await;
    let twice = vec![
        stage.waiting(1, 9),
        stage.call(2),
        stage.call(2),
        stage.waiting(3, 9),
    ];
    let accepted = stage.accept(twice).await;
    assert!(recorded(&accepted[0]) && recorded(&accepted[1]) && recorded(&accepted[3]));
    assert!(accepted[2].is_err());
    assert_eq!(stage.queue().await, [1, 3]);
}

#[tokio::test]
async fn the_queue_takes_as_many_as_fit() {
    let stage = Stage::new().await;
    let accepted = stage
        .accept((1..=4).map(|id| stage.waiting(id, 2)).collect())
        .await;
    assert_eq!(accepted.iter().filter(|accepted| recorded(accepted)).count(), 2);
    assert_eq!(rejection(&accepted[3]), Some(&Rejection::QueueFull));
    assert_eq!(stage.queue().await, [1, 2]);
}

#[tokio::test]
async fn one_call_goes_there_and_back() {
    let stage = Stage::new().await;
    stage.accept(vec![stage.waiting(1, 9), stage.waiting(2, 9)]).await;
    let steps = [
        step(1, &[CallStatus::Queued], CallStatus::Reserved),
        step(1, &[CallStatus::Reserved], CallStatus::Queued),
        step(2, &[CallStatus::Queued], CallStatus::Reserved),
        step(2, &[CallStatus::Queued], CallStatus::Reserved),
    ];
    let steps = steps.into_iter().map(|step| stage.store.step_call(step));
    let moved: Vec<_> = together(&stage.store, steps)
        .await
        .into_iter()
        .map(Result::unwrap)
        .collect();
    assert_eq!(moved, [true, true, true, false]);
    assert_eq!(stage.stands(1).await, CallStatus::Queued);
    assert_eq!(stage.stands(2).await, CallStatus::Reserved);
    assert_eq!(stage.queue().await, [1]);
}

#[tokio::test]
async fn a_key_in_doubt_is_what_the_database_says() {
    let stage = Stage::new().await;
    let (id, digest) = (Uuid::from_u128(1), stage.key.digest());
    let now = DateTime::UNIX_EPOCH;
    let change = async |change| {
        stage.store.change_api_key(id, change, now).await.unwrap();
        stage.store.doubt(&digest);
    };
    let ask = async |call| stage.accept(vec![stage.call(call)]).await.remove(0).unwrap();
    let switched = |is_active| ApiKeyChange {
        is_active: Some(is_active),
        ..ApiKeyChange::default()
    };

    change(switched(false)).await;
    assert_eq!(ask(1).await.rejection(), Some(&Rejection::KeyInactive));
    change(switched(true)).await;
    assert_eq!(ask(2).await, Admission::Recorded { key_id: id });
    change(ApiKeyChange {
        expires_at: Some(Some(now)),
        ..ApiKeyChange::default()
    })
    .await;
    assert_eq!(ask(3).await.rejection(), Some(&Rejection::KeyExpired));
    assert!(stage.store.delete_api_key(id).await.unwrap());
    stage.store.doubt(&digest);
    assert_eq!(ask(4).await.rejection(), Some(&Rejection::UnknownKey));
}
