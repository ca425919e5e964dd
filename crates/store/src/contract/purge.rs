use futures_util::future::join3;
use ori_key::WebhookSecret;
use ori_shared::call::CallStatus;
use uuid::Uuid;

use super::calls::{new_call, with_key};
use super::{AnyStore, at, join_all};
use crate::{
    Admission, Attempt, CallResult, DeliveryQuery, Fate, IdempotencyRecord, LeaseRequest, NewCall,
    NewWebhook, Rejection, Transition, lowest_call_id,
};

/// Records a call at that second, with its own idempotency key.
fn asked_at(second: u32, queue_limit: Option<u32>) -> NewCall {
    let now = at(i64::from(second));
    NewCall {
        id: id_at(second),
        claim: Some(IdempotencyRecord {
            idempotency_key: format!("order-{second}"),
            fingerprint: [1; 32],
            former_fingerprint: [1; 32],
            answer: None,
        }),
        queue_limit,
        ..new_call(0, 1, now)
    }
}

fn id_at(second: u32) -> Uuid {
    Uuid::from_u128(lowest_call_id(at(i64::from(second))).as_u128() + 7)
}

/// Records a call and ends it at that second, which adds an event.
async fn ended_at(store: &AnyStore, second: u32, status: CallStatus) {
    store.admit_call(asked_at(second, None)).await.unwrap();
    let end = Transition {
        is_news: true,
        ..Transition::new(
            id_at(second),
            &[CallStatus::Reserved],
            status,
            at(i64::from(second)),
        )
    };
    assert!(store.transition_call(end).await.unwrap());
}

async fn is_there(store: &AnyStore, seconds: std::ops::RangeInclusive<u32>) -> Vec<bool> {
    let mut there = Vec::new();
    for second in seconds {
        there.push(store.call(id_at(second)).await.unwrap().is_some());
    }
    there
}

/// The oldest go first, no more at once than asked for, and none that is not over or not old enough.
pub(super) async fn old_calls_are_purged_step_by_step(store: AnyStore) {
    with_key(&store).await;
    ended_at(&store, 1, CallStatus::Refused).await;
    store.admit_call(asked_at(2, None)).await.unwrap();
    store.admit_call(asked_at(3, Some(9))).await.unwrap();
    ended_at(&store, 4, CallStatus::Unknown).await;
    ended_at(&store, 5, CallStatus::Accepted).await;
    ended_at(&store, 6, CallStatus::Sent).await;
    ended_at(&store, 7, CallStatus::Refused).await;
    ended_at(&store, 8, CallStatus::Refused).await;

    assert_eq!(store.purge_calls(at(1), 9).await.unwrap(), 0);
    assert_eq!(store.purge_calls(at(8), 2).await.unwrap(), 2);
    let there = is_there(&store, 1..=8).await;
    assert_eq!(there, [false, true, true, false, true, true, true, true]);
    assert_eq!(store.purge_calls(at(8), 9).await.unwrap(), 2);
    assert_eq!(store.purge_calls(at(8), 9).await.unwrap(), 0);
    let there = is_there(&store, 1..=8).await;
    assert_eq!(there, [false, true, true, false, false, true, false, true]);
}

/// Its idempotency key goes with a call, and so do its events, save what is still on its way.
pub(super) async fn what_hangs_on_a_purged_call_goes_with_it(store: AnyStore) {
    let key = with_key(&store).await;
    let webhook = NewWebhook {
        key,
        url: "https://crm.example.com/hook".into(),
        secret: WebhookSecret::from_bytes([1; 32]),
        now: at(0),
    };
    store.set_webhook(webhook).await.unwrap();
    for second in 1..=3 {
        ended_at(&store, second, CallStatus::Unknown).await;
    }
    let claim = LeaseRequest {
        claimer: id_at(0),
        now: at(3),
        lease_until: at(60),
        limit: 1,
        unreserved: 1,
        max_bytes: usize::MAX,
        per_webhook: 1,
    };
    let due = store.claim_due_deliveries(claim).await.unwrap().remove(0);
    let delivered = Attempt {
        delivery: due.id,
        attempt: due.attempt,
        status: Some(200),
        error: None,
        fate: Fate::Delivered,
        now: at(3),
    };
    assert!(store.record_delivery_attempt(delivered).await.unwrap());

    assert_eq!(store.purge_calls(at(3), 9).await.unwrap(), 2);
    let query = DeliveryQuery {
        limit: 9,
        ..Default::default()
    };
    let (left, _) = store.list_deliveries(query).await.unwrap();
    let left: Vec<Uuid> = left.iter().map(|delivery| delivery.call_id).collect();
    assert_eq!(left, [id_at(3), id_at(2)]);
    for (second, is_new) in [(1, true), (2, true), (3, false)] {
        let again = NewCall {
            id: id_at(100 + second),
            ..asked_at(second, None)
        };
        let told = store.admit_call(again).await.unwrap();
        assert_eq!(matches!(told, Admission::Recorded { .. }), is_new, "{told:?}");
    }
}

/// While old calls are purged, others are recorded and move on: none of these is lost, and none of the old ones stays.
pub(super) async fn purging_hurts_no_call_that_is_made_meanwhile(store: AnyStore) {
    with_key(&store).await;
    join_all((1..=60).map(|second| ended_at(&store, second, CallStatus::Refused))).await;
    let purge = async || while store.purge_calls(at(61), 7).await.unwrap() > 0 {};
    let meanwhile =
        async || join_all((70..=99).map(|second| ended_at(&store, second, CallStatus::Unknown))).await;
    join3(purge(), purge(), meanwhile()).await;
    // Of two that purge at the same time, one may leave to the other what that has not deleted yet.
    purge().await;
    assert_eq!(is_there(&store, 1..=60).await, [false; 60]);
    assert_eq!(is_there(&store, 70..=99).await, [true; 30]);
}

/// A record is older than any that are deleted, but its call waits, is being dialled, or has only just ended.
pub(super) async fn an_idempotency_record_outlives_its_open_call(store: AnyStore) {
    with_key(&store).await;
    let (long_after, ended) = (at(9_000_000), at(5_000_000));
    let forget = async || {
        store
            .delete_expired_idempotency_keys(long_after, 9)
            .await
            .unwrap()
    };
    let again = async || {
        let repeated = NewCall {
            id: id_at(9_000_001),
            ..asked_at(1, Some(9))
        };
        store.admit_call(repeated).await.unwrap()
    };
    store.admit_call(asked_at(1, Some(9))).await.unwrap();
    for (from, to) in [
        (CallStatus::Queued, CallStatus::Sent),
        (CallStatus::Sent, CallStatus::Queued),
        (CallStatus::Queued, CallStatus::Sent),
        (CallStatus::Sent, CallStatus::Accepted),
    ] {
        assert_eq!(forget().await, 0, "{from:?}");
        assert_eq!(
            again().await.rejection(),
            Some(&Rejection::InProgress),
            "{from:?}"
        );
        let from: &'static [CallStatus] = if from == CallStatus::Queued {
            &[CallStatus::Queued]
        } else {
            &[CallStatus::Sent]
        };
        assert!(
            store
                .transition_call(Transition::new(id_at(1), from, to, ended))
                .await
                .unwrap()
        );
    }
    assert_eq!(store.delete_expired_idempotency_keys(ended, 9).await.unwrap(), 0);
    assert_eq!(store.purge_calls(ended, 9).await.unwrap(), 0);
    assert_eq!(
        again().await.rejection(),
        Some(&Rejection::Unanswered {
            call_id: id_at(1),
            status: CallStatus::Accepted
        })
    );
    assert_eq!(forget().await, 1);
    assert!(matches!(again().await, Admission::Recorded { .. }));
}

/// A call that was asked for long ago and ended lately stays, and its idempotency record with it, also between others that
/// are purged.
pub(super) async fn what_changed_lately_is_not_purged(store: AnyStore) {
    with_key(&store).await;
    for second in 1..=3 {
        ended_at(&store, second, CallStatus::Unknown).await;
    }
    let result = CallResult {
        call: Some(id_at(2)),
        session_id: Some("session".into()),
        now: at(50),
        ..CallResult::default()
    };
    store.add_call_result(result).await.unwrap();
    assert_eq!(store.purge_calls(at(50), 9).await.unwrap(), 2);
    assert_eq!(is_there(&store, 1..=3).await, [false, true, false]);
    let again = NewCall {
        id: id_at(60),
        ..asked_at(2, None)
    };
    let told = store.admit_call(again).await.unwrap();
    assert!(
        matches!(told.rejection(), Some(Rejection::Unanswered { .. })),
        "{told:?}"
    );
    assert_eq!(store.purge_calls(at(51), 9).await.unwrap(), 1);
}
