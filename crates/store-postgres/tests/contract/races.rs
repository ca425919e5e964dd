//! Two processes on one database, each with connections of its own: whatever races, one comes first as a whole.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use chrono::TimeDelta;
use futures_util::future::join_all;
use ori_key::KeyDigest;
use ori_shared::call::CallStatus;
use ori_store::{
    Accounts as _, Admission, ApiKeyChange, ApiKeys as _, Assignment, CallQuery, Calls as _, HostCapacity,
    IdempotencyRecord, NewApiKey, NewCall, Rejection, Replicated as _, StaleAfter, Transition,
};
use ori_store_postgres::PostgresStore;
use uuid::Uuid;

use crate::support::{account, at, call, database, options, with_key};

async fn replicas() -> [Arc<PostgresStore>; 2] {
    let url = database().await;
    let first = PostgresStore::open(&options(url.clone())).await.unwrap();
    let second = PostgresStore::open(&options(url)).await.unwrap();
    [Arc::new(first), Arc::new(second)]
}

fn switched(is_active: bool) -> ApiKeyChange {
    ApiKeyChange {
        is_active: Some(is_active),
        ..Default::default()
    }
}

/// Ways in which a key can stop working.
#[derive(Clone, Copy, Debug)]
enum Revocation {
    Toggle,
    Expiry,
    Delete,
}

/// Callers hammer one replica while the key is revoked on the other. When the revocation has answered, the record is
/// complete: nothing that was in flight is added to it.
async fn revoked_under_load(how: Revocation) {
    let [calling, managing] = replicas().await;
    let id = with_key(managing.as_ref()).await;
    let answered = Arc::new(AtomicBool::new(false));
    let callers: Vec<_> = (0..6)
        .map(|caller| tokio::spawn(call_until_refused(calling.clone(), caller, answered.clone())))
        .collect();
    while recorded(&calling).await < 30 {
        tokio::task::yield_now().await;
    }
    revoke(&managing, id, how).await;
    answered.store(true, Ordering::SeqCst);
    let at_the_answer = recorded(&managing).await;
    let told: usize = join_all(callers)
        .await
        .into_iter()
        .map(|told| told.unwrap())
        .sum();
    assert_eq!(recorded(&managing).await, at_the_answer, "{how:?}");
    assert_eq!(
        told, at_the_answer,
        "{how:?}: as many were told that their call is recorded"
    );
}

/// Places calls until one is refused that began after the answer; says how many were recorded.
async fn call_until_refused(store: Arc<PostgresStore>, caller: u128, answered: Arc<AtomicBool>) -> usize {
    let mut recorded = 0;
    loop {
        let was_answered = answered.load(Ordering::SeqCst);
        let number = caller * 1_000_000 + recorded as u128 + 1;
        match store.admit_call(call(number)).await.unwrap() {
            Admission::Recorded { .. } => recorded += 1,
            _ if was_answered => return recorded,
            _ => {}
        }
    }
}

async fn revoke(store: &PostgresStore, id: Uuid, how: Revocation) {
    let past = ApiKeyChange {
        expires_at: Some(Some(at(1))),
        ..Default::default()
    };
    let done = match how {
        Revocation::Toggle => store
            .change_api_key(id, switched(false), at(1))
            .await
            .unwrap()
            .is_some(),
        Revocation::Expiry => store.change_api_key(id, past, at(1)).await.unwrap().is_some(),
        Revocation::Delete => store.delete_api_key(id).await.unwrap(),
    };
    assert!(done);
}

async fn recorded(store: &PostgresStore) -> usize {
    let all = CallQuery {
        limit: 1_000_000,
        ..Default::default()
    };
    store.list_calls(all).await.unwrap().0.len()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_call_is_accepted_once_a_toggle_was_answered_elsewhere() {
    revoked_under_load(Revocation::Toggle).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_call_is_accepted_once_an_expiry_was_set_elsewhere() {
    revoked_under_load(Revocation::Expiry).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_call_is_accepted_once_a_deletion_was_answered_elsewhere() {
    revoked_under_load(Revocation::Delete).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_idempotency_key_is_claimed_once_among_replicas() {
    let replicas = replicas().await;
    with_key(replicas[0].as_ref()).await;
    let racers = (0..40_u128).map(|number| {
        let store = replicas[usize::try_from(number % 2).unwrap()].clone();
        let claim = IdempotencyRecord {
            idempotency_key: "order-1".into(),
            fingerprint: [7; 32],
            former_fingerprint: [7; 32],
            answer: None,
        };
        async move {
            let new = NewCall {
                claim: Some(claim),
                ..call(number + 1)
            };
            store.admit_call(new).await.unwrap()
        }
    });
    let told = join_all(racers).await;
    let recorded = told
        .iter()
        .filter(|told| matches!(told, Admission::Recorded { .. }))
        .count();
    let running = told
        .iter()
        .filter(|told| told.rejection() == Some(&Rejection::InProgress))
        .count();
    assert_eq!((recorded, running), (1, 39));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_waiting_call_is_given_to_one_replica() {
    let replicas = replicas().await;
    with_key(replicas[0].as_ref()).await;
    for number in 1..=50 {
        let queued = NewCall {
            queue_limit: Some(50),
            ..call(number)
        };
        assert!(matches!(
            replicas[0].admit_call(queued).await.unwrap(),
            Admission::Recorded { .. }
        ));
    }
    let racers = (0..150_u128).map(|racer| {
        let store = replicas[usize::try_from(racer % 2).unwrap()].clone();
        let step = Transition::new(
            Uuid::from_u128(racer / 3 + 1),
            &[CallStatus::Queued],
            CallStatus::Sent,
            at(2),
        );
        async move { store.transition_call(step).await.unwrap() }
    });
    let won = join_all(racers).await.into_iter().filter(|moved| *moved).count();
    assert_eq!(won, 50);
}

/// Each caller has a key of its own, so that none waits for another's.
async fn keys(store: &PostgresStore, number: u8) -> Vec<KeyDigest> {
    let keys = (0..number).map(|key| {
        let new = NewApiKey {
            id: Uuid::from_u128(2000 + u128::from(key)),
            name: format!("Key {key}"),
            prefix: "ori_abc".into(),
            digest: KeyDigest::from_bytes([key; 32]),
            created_by: Uuid::from_u128(1),
            expires_at: None,
            created_at: at(0),
        };
        async move {
            store
                .create_api_key(new.clone())
                .await
                .map(|_| new.digest)
                .unwrap()
        }
    });
    join_all(keys).await
}

/// Whether or not a replica has counted before, and however many of them go by what they counted.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_queues_limit_holds_among_replicas() {
    for counted_before in [false, true] {
        let replicas = replicas().await;
        with_key(replicas[0].as_ref()).await;
        let keys = keys(&replicas[0], 8).await;
        let waiting = async |number: u128, limit| {
            let queued = NewCall {
                queue_limit: Some(limit),
                key: keys[usize::try_from(number % 8).unwrap()],
                ..call(number)
            };
            let store = &replicas[usize::try_from(number % 2).unwrap()];
            matches!(
                store.admit_call(queued).await.unwrap(),
                Admission::Recorded { .. }
            )
        };
        if counted_before {
            assert!(waiting(1000, 60).await && waiting(1001, 60).await);
        }
        let told = join_all((1..=200).map(|number| waiting(number, 60))).await;
        let joined = told.into_iter().filter(|joined| *joined).count();
        assert_eq!(joined, if counted_before { 58 } else { 60 });
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_racing_first_admins_one_is_made() {
    let replicas = replicas().await;
    let racers = (0..20_u128).map(|number| {
        let store = replicas[usize::try_from(number % 2).unwrap()].clone();
        async move { store.create_first_account(account(number + 1)).await.unwrap() }
    });
    assert_eq!(join_all(racers).await.into_iter().filter(|made| *made).count(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn changes_of_one_key_on_two_replicas_both_stay() {
    let [one, other] = replicas().await;
    let id = with_key(one.as_ref()).await;
    for round in 0..20 {
        let renamed = ApiKeyChange {
            name: Some(format!("CRM {round}")),
            ..Default::default()
        };
        let (left, right) = tokio::join!(
            one.change_api_key(id, renamed, at(2)),
            other.change_api_key(id, switched(round % 2 == 0), at(2)),
        );
        assert!(left.unwrap().is_some() && right.unwrap().is_some());
        let stored = one.api_key(id).await.unwrap().unwrap();
        assert_eq!(
            (stored.name, stored.is_active),
            (format!("CRM {round}"), round % 2 == 0)
        );
    }
}

/// Returns the calls of these that the two replicas together assign to the host, which reported that capacity.
async fn assigned(
    replicas: &[Arc<PostgresStore>; 2],
    calls: std::ops::Range<u128>,
    capacity: HostCapacity,
) -> Vec<Uuid> {
    let racers = calls.map(|number| {
        let store = replicas[usize::try_from(number % 2).unwrap()].clone();
        let mut step = Transition::new(
            Uuid::from_u128(number),
            &[CallStatus::Reserved],
            CallStatus::Sent,
            at(2),
        );
        step.host = Some("https://voice".into());
        async move { (step.call, store.assign_host(step, capacity).await.unwrap()) }
    });
    let outcomes = join_all(racers).await;
    assert!(
        outcomes
            .iter()
            .all(|(_, outcome)| *outcome != Assignment::Superseded)
    );
    let assigned = outcomes
        .into_iter()
        .filter(|(_, outcome)| *outcome == Assignment::Assigned);
    assigned.map(|(call, _)| call).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn replicas_together_give_a_host_no_more_calls_than_it_has_room_for() {
    let replicas = replicas().await;
    with_key(replicas[0].as_ref()).await;
    for number in 1..=60 {
        replicas[0].admit_call(call(number)).await.unwrap();
    }
    let reported = async |available| HostCapacity {
        available,
        number: replicas[1].next_sequence().await.unwrap(),
    };
    let first = reported(5).await;
    let sent = assigned(&replicas, 1..21, first).await;
    assert_eq!(sent.len(), 5);
    let settle = async |call, to| {
        let step = Transition::new(call, &[CallStatus::Sent], to, at(3));
        assert!(replicas[1].transition_call(step).await.unwrap());
    };
    settle(sent[0], CallStatus::Accepted).await;
    settle(sent[1], CallStatus::Unknown).await;
    settle(sent[2], CallStatus::Refused).await;
    // By the answer of before, one place has come free: what was accepted or may have been, it cannot have counted.
    assert_eq!(assigned(&replicas, 21..41, first).await.len(), 1);
    // An answer to a later question counts these two itself; of the three under way it may or may not know.
    let second = reported(4).await;
    assert_eq!(assigned(&replicas, 41..61, second).await.len(), 1);
}

#[tokio::test]
async fn a_call_is_assigned_once_and_recovered_only_when_it_is_stale() {
    let [one, other] = replicas().await;
    with_key(one.as_ref()).await;
    one.admit_call(call(1)).await.unwrap();
    let capacity = HostCapacity {
        available: 9,
        number: one.next_sequence().await.unwrap(),
    };
    assert!(capacity.number < other.next_sequence().await.unwrap());
    let step = || Transition {
        host: Some("https://voice".into()),
        ..Transition::new(
            Uuid::from_u128(1),
            &[CallStatus::Reserved],
            CallStatus::Sent,
            at(2),
        )
    };
    assert_eq!(
        one.assign_host(step(), capacity).await.unwrap(),
        Assignment::Assigned
    );
    assert_eq!(
        other.assign_host(step(), capacity).await.unwrap(),
        Assignment::Superseded
    );
    for (minutes, unknown) in [(60, 0), (0, 1)] {
        let stale_after = StaleAfter {
            reserved: TimeDelta::zero(),
            sent: TimeDelta::minutes(minutes),
        };
        let recovered = other.recover_orphaned_calls(stale_after, at(3)).await.unwrap();
        assert_eq!((recovered.unknown, recovered.refused), (unknown, 0));
    }
}
