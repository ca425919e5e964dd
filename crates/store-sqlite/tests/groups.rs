//! Concurrent changes are written in one transaction, and each succeeds or fails by itself.

#![expect(clippy::unwrap_used, reason = "in a test, a panic is the report")]

use chrono::DateTime;
use futures_util::FutureExt as _;
use futures_util::future::join;
use ori_key::PlainKey;
use ori_shared::call::CallStatus;
use ori_store::{
    Admission, ApiKeyChange, ApiKeys as _, Calls as _, IdempotencyRecord, NewCall, Rejection, Result,
    Store as _, StoreError, Transition,
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
        let claim = IdempotencyRecord {
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

fn step(id: u128, from: &'static [CallStatus], to: CallStatus) -> Transition {
    Transition::new(Uuid::from_u128(id), from, to, DateTime::UNIX_EPOCH)
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
    let steps = steps.into_iter().map(|step| stage.store.transition_call(step));
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

/// A change of a key, and a call with that key, in one group.
enum Of {
    Key(ApiKeyChange),
    Call(u128),
}

#[tokio::test]
async fn a_call_is_decided_by_the_changes_of_its_key_that_come_before_it_in_its_group() {
    let stage = Stage::new().await;
    let switched = |is_active| ApiKeyChange {
        is_active: Some(is_active),
        ..ApiKeyChange::default()
    };
    let group = [
        Of::Call(1),
        Of::Key(switched(false)),
        Of::Call(2),
        Of::Key(switched(true)),
        Of::Call(3),
        Of::Key(switched(false)),
    ];
    let stage = &stage;
    let id = Uuid::from_u128(1);
    let asked = group.into_iter().map(async |change| match change {
        Of::Key(change) => {
            stage
                .store
                .change_api_key(id, change, DateTime::UNIX_EPOCH)
                .await
                .unwrap();
            None
        }
        Of::Call(call) => Some(stage.store.admit_call(stage.call(call)).await.unwrap()),
    });
    let accepted = together(&stage.store, asked).await;
    let recorded = Some(Admission::Recorded { key_id: id });
    let inactive = Some(Admission::rejected(id, Rejection::KeyInactive));
    assert_eq!(accepted, [recorded.clone(), None, inactive, None, recorded, None]);
    let known = stage.store.known_key(&stage.key.digest()).await.unwrap();
    assert!(!known.unwrap().is_active);
}

#[tokio::test]
async fn a_change_of_a_key_that_is_rolled_back_leaves_the_key_as_it_was() {
    let stage = Stage::new().await;
    assert!(recorded(&stage.accept(vec![stage.call(1)]).await[0]));
    let stage = &stage;
    // The second one fails, so that each is written again by itself.
    let asked = [2, 1].into_iter().map(async |call| {
        let off = ApiKeyChange {
            is_active: Some(call == 1),
            ..ApiKeyChange::default()
        };
        let change = stage
            .store
            .change_api_key(Uuid::from_u128(1), off, DateTime::UNIX_EPOCH);
        let (changed, accepted) = join(change, stage.store.admit_call(stage.call(call))).await;
        (changed.is_ok(), accepted.ok())
    });
    let outcomes = together(&stage.store, asked).await;
    let inactive = Admission::rejected(Uuid::from_u128(1), Rejection::KeyInactive);
    assert_eq!(outcomes, [(true, Some(inactive)), (true, None)]);
    let known = stage.store.known_key(&stage.key.digest()).await.unwrap();
    assert!(known.unwrap().is_active);
}

#[tokio::test]
async fn a_change_is_finished_if_its_caller_goes_away() {
    let stage = Stage::new().await;
    let held = stage.store.hold().await.unwrap();
    let mut accept = stage.store.admit_call(stage.call(1));
    assert!((&mut accept).now_or_never().is_none());
    drop(accept);
    drop(held);
    // What is handed in later is written later.
    stage.store.ping().await.unwrap();
    assert_eq!(stage.stands(1).await, CallStatus::Reserved);
}

#[tokio::test]
async fn a_writer_that_panics_is_started_again() {
    let stage = Stage::new().await;
    for id in [1, 2] {
        assert!(recorded(&stage.accept(vec![stage.waiting(id, 9)]).await[0]));
        let in_hand = stage.store.panic_in_writer().await;
        assert!(
            matches!(in_hand, Err(StoreError::Indeterminate(_))),
            "{in_hand:?}"
        );
        stage.store.ping().await.unwrap();
    }
    assert_eq!(stage.queue().await, [1, 2]);
}

#[tokio::test]
async fn a_closed_store_writes_nothing_and_says_so() {
    let stage = Stage::new().await;
    stage.store.close().await;
    let accepted = stage.store.admit_call(stage.call(1)).await;
    assert!(
        matches!(accepted, Err(StoreError::Unavailable(_))),
        "{accepted:?}"
    );
    assert!(stage.store.ping().await.is_err());
}
