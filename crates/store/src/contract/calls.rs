use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use ori_shared::call::{CallSearch, CallStatus};
use uuid::Uuid;

use super::{AnyStore, at, id, join_all, new_key, plain_key, with_account};
use crate::{
    Admission, Answer, ApiKeyChange, CallOrder, CallQuery, CallRecord, CallResult, IdempotencyRecord,
    IdempotencyUpdate, NewApiKey, NewCall, Rejection, StaleAfter, Topology, Transition,
};

pub(super) fn order(reference: Option<&str>) -> CallOrder {
    CallOrder {
        bot_id: "bot".into(),
        to_number: "+919876543210".into(),
        to_number_raw: "91 98765 43210".into(),
        from_number: None,
        from_number_raw: None,
        variables: BTreeMap::from([("a".to_owned(), "b".to_owned())]),
        call_reference: reference.map(str::to_owned),
    }
}

pub(super) fn new_call(number: u128, key: u64, now: DateTime<Utc>) -> NewCall {
    NewCall {
        id: id(number),
        key: plain_key(key).digest(),
        claim: None,
        queue_limit: None,
        order: order(None),
        now,
    }
}

fn claimed(number: u128, idempotency_key: &str, fingerprint: u8) -> NewCall {
    let claim = IdempotencyRecord {
        idempotency_key: idempotency_key.into(),
        fingerprint: [fingerprint; 32],
        former_fingerprint: [fingerprint; 32],
        answer: None,
    };
    NewCall {
        claim: Some(claim),
        ..new_call(number, 1, at(1))
    }
}

pub(super) async fn with_key(store: &AnyStore) -> Uuid {
    with_account(store).await;
    let key = new_key(1, "CRM", at(0));
    store.create_api_key(key).await.unwrap().id
}

/// Recovers all orphaned calls. Returns how many became `unknown` and how many `refused`.
pub(super) async fn recover(store: &AnyStore, now: DateTime<Utc>) -> (u64, u64) {
    let stale_after = StaleAfter {
        reserved: TimeDelta::zero(),
        sent: TimeDelta::zero(),
    };
    let recovered = match store.clone().topology() {
        Topology::SingleProcess(store) => {
            let orphaned = store.orphaned_calls().await.unwrap();
            store.recover_calls(orphaned, now).await
        }
        Topology::Replicated(store) => store.recover_orphaned_calls(stale_after, now).await,
    };
    let recovered = recovered.unwrap();
    (recovered.unknown, recovered.refused)
}

async fn status(store: &AnyStore, number: u128) -> CallStatus {
    store.call(id(number)).await.unwrap().unwrap().call.status
}

pub(super) async fn step(
    store: &AnyStore,
    number: u128,
    from: &'static [CallStatus],
    to: CallStatus,
) -> bool {
    store
        .transition_call(Transition::new(id(number), from, to, at(2)))
        .await
        .unwrap()
}

/// Only an active key's call is recorded, and a refused one leaves no trace.
pub(super) async fn a_call_is_recorded_only_with_a_key_that_works(store: AnyStore) {
    let key = with_key(&store).await;
    let expiring = NewApiKey {
        expires_at: Some(at(5)),
        ..new_key(2, "Expiring", at(0))
    };
    store.create_api_key(expiring).await.unwrap();
    assert_eq!(
        store.admit_call(new_call(1, 1, at(1))).await.unwrap(),
        Admission::Recorded { key_id: key }
    );
    assert_eq!(
        store.admit_call(new_call(2, 9, at(1))).await.unwrap().rejection(),
        Some(&Rejection::UnknownKey)
    );
    assert!(matches!(
        store.admit_call(new_call(3, 2, at(4))).await.unwrap(),
        Admission::Recorded { .. }
    ));
    assert_eq!(
        store.admit_call(new_call(4, 2, at(5))).await.unwrap(),
        Admission::rejected(id(1002), Rejection::KeyExpired)
    );
    let off = ApiKeyChange {
        is_active: Some(false),
        ..Default::default()
    };
    store.change_api_key(key, off, at(2)).await.unwrap();
    assert_eq!(
        store.admit_call(new_call(5, 1, at(1))).await.unwrap(),
        Admission::rejected(key, Rejection::KeyInactive)
    );
    store.delete_api_key(key).await.unwrap();
    assert_eq!(
        store.admit_call(new_call(6, 1, at(1))).await.unwrap(),
        Admission::unknown_key()
    );
    for (number, is_there) in [
        (1, true),
        (2, false),
        (3, true),
        (4, false),
        (5, false),
        (6, false),
    ] {
        assert_eq!(
            store.call(id(number)).await.unwrap().is_some(),
            is_there,
            "{number}"
        );
    }
}

/// Admission and use are one step, a use without a call is noted by itself, and a refused attempt is noted apart from both.
pub(super) async fn a_call_and_a_noted_use_move_the_keys_last_use_forward(store: AnyStore) {
    let key = with_key(&store).await;
    let last_used = async || store.api_key(key).await.unwrap().unwrap().last_used_at;
    store.admit_call(new_call(1, 1, at(7))).await.unwrap();
    store.admit_call(new_call(2, 1, at(3))).await.unwrap();
    store.note_refusal(key, "api_key_inactive", at(9)).await.unwrap();
    assert_eq!(last_used().await, Some(at(7)));
    for (noted, stored) in [(5, 7), (80, 80), (70, 80)] {
        store.note_use(key, at(noted)).await.unwrap();
        assert_eq!(last_used().await, Some(at(stored)), "noted at {noted}");
    }
}

/// One of several racing repetitions is recorded; the others get "in progress", and later its response.
pub(super) async fn racing_repetitions_record_one_call(store: AnyStore) {
    with_key(&store).await;
    let racers = (1..=40).map(|number| {
        let store = store.clone();
        async move { store.admit_call(claimed(number, "order-1", 7)).await.unwrap() }
    });
    let told = join_all(racers).await;
    assert_eq!(
        told.iter()
            .filter(|one| matches!(one, Admission::Recorded { .. }))
            .count(),
        1
    );
    assert_eq!(
        told.iter()
            .filter(|one| one.rejection() == Some(&Rejection::InProgress))
            .count(),
        39
    );
    let (calls, _) = store
        .list_calls(CallQuery {
            limit: 50,
            ..Default::default()
        })
        .await
        .unwrap();
    assert_eq!(calls.len(), 1);

    assert_eq!(
        store
            .admit_call(claimed(50, "order-1", 8))
            .await
            .unwrap()
            .rejection(),
        Some(&Rejection::Mismatch { call_id: calls[0].id })
    );
    // The record is of a release that made fingerprints otherwise.
    let mut upgraded = claimed(52, "order-1", 9);
    if let Some(claim) = &mut upgraded.claim {
        claim.former_fingerprint = [7; 32];
    }
    assert_eq!(
        store.admit_call(upgraded).await.unwrap().rejection(),
        Some(&Rejection::InProgress)
    );
    let answer = Answer {
        status: 200,
        body: "{}".into(),
    };
    let mut sent = Transition::new(calls[0].id, &[CallStatus::Reserved], CallStatus::Sent, at(2));
    sent.claim = IdempotencyUpdate::Answered(answer.clone());
    assert!(store.transition_call(sent).await.unwrap());
    assert_eq!(
        store
            .admit_call(claimed(51, "order-1", 7))
            .await
            .unwrap()
            .rejection(),
        Some(&Rejection::Replay(answer))
    );
    assert!(matches!(
        store.admit_call(claimed(52, "order-2", 7)).await.unwrap(),
        Admission::Recorded { .. }
    ));
}

/// An idempotency key belongs to one API key, can be released, and is forgotten by its age.
pub(super) async fn a_claim_is_scoped_released_and_forgotten(store: AnyStore) {
    with_key(&store).await;
    store.create_api_key(new_key(2, "Other", at(0))).await.unwrap();
    assert!(matches!(
        store.admit_call(claimed(1, "order-1", 7)).await.unwrap(),
        Admission::Recorded { .. }
    ));
    let other = NewCall {
        key: plain_key(2).digest(),
        ..claimed(2, "order-1", 8)
    };
    assert!(matches!(
        store.admit_call(other).await.unwrap(),
        Admission::Recorded { .. }
    ));
    let mut refused = Transition::new(id(1), &[CallStatus::Reserved], CallStatus::Refused, at(2));
    refused.claim = IdempotencyUpdate::Released;
    store.transition_call(refused).await.unwrap();
    assert!(matches!(
        store.admit_call(claimed(3, "order-1", 9)).await.unwrap(),
        Admission::Recorded { .. }
    ));
    assert_eq!(store.delete_expired_idempotency_keys(at(1), 9).await.unwrap(), 0);
    assert_eq!(
        store
            .admit_call(claimed(4, "order-1", 9))
            .await
            .unwrap()
            .rejection(),
        Some(&Rejection::InProgress)
    );
    assert_eq!(
        store.delete_expired_idempotency_keys(at(9), 9).await.unwrap(),
        0,
        "open calls"
    );
    for call in [id(2), id(3)] {
        let end = Transition::new(call, &[CallStatus::Reserved], CallStatus::Unknown, at(1));
        assert!(store.transition_call(end).await.unwrap());
    }
    assert_eq!(store.delete_expired_idempotency_keys(at(2), 1).await.unwrap(), 1);
    assert_eq!(store.delete_expired_idempotency_keys(at(2), 9).await.unwrap(), 1);
    assert!(matches!(
        store.admit_call(claimed(5, "order-1", 9)).await.unwrap(),
        Admission::Recorded { .. }
    ));
}

/// A host that reports capacity which it does not have is given a waiting call again and again.
pub(super) async fn a_call_that_goes_back_and_forth_has_a_bounded_history(store: AnyStore) {
    with_key(&store).await;
    let waiting = NewCall {
        queue_limit: Some(1),
        ..new_call(1, 1, at(0))
    };
    store.admit_call(waiting).await.unwrap();
    let go = async |from, to, second| {
        let mut step = Transition::new(id(1), from, to, at(second));
        step.reason = Some("at_capacity".to_owned());
        step.attempt = Some(id(2));
        assert!(store.transition_call(step).await.unwrap());
    };
    for second in 1..400 {
        go(&[CallStatus::Queued], CallStatus::Sent, second).await;
        go(&[CallStatus::Sent], CallStatus::Queued, second).await;
    }
    go(&[CallStatus::Queued], CallStatus::Sent, 400).await;
    go(&[CallStatus::Sent], CallStatus::Accepted, 401).await;
    let record = store.call(id(1)).await.unwrap().unwrap();
    let ends: Vec<_> = [record.history.first(), record.history.last()]
        .map(|event| event.map(|event| (event.status, event.at)))
        .into();
    assert_eq!(
        ends,
        [
            Some((CallStatus::Queued, at(0))),
            Some((CallStatus::Accepted, at(401)))
        ]
    );
    assert!(
        (100..300).contains(&record.history.len()),
        "{}",
        record.history.len()
    );
    assert_eq!(record.call.updated_at, at(401));
}

/// Waiting calls are bounded and come back in the order in which they were asked for.
pub(super) async fn the_queue_is_bounded_and_in_order(store: AnyStore) {
    with_key(&store).await;
    let queued = |number| NewCall {
        queue_limit: Some(2),
        ..new_call(number, 1, at(1))
    };
    assert!(matches!(
        store.admit_call(queued(5)).await.unwrap(),
        Admission::Recorded { .. }
    ));
    assert!(matches!(
        store.admit_call(queued(6)).await.unwrap(),
        Admission::Recorded { .. }
    ));
    assert_eq!(
        store.admit_call(queued(7)).await.unwrap().rejection(),
        Some(&Rejection::QueueFull)
    );
    let waiting = store.queued_calls(None, 10).await.unwrap();
    assert_eq!(
        waiting.iter().map(|call| call.id).collect::<Vec<_>>(),
        [id(5), id(6)]
    );
    let behind = store.queued_calls(Some(id(5)), 10).await.unwrap();
    assert_eq!(behind.iter().map(|call| call.id).collect::<Vec<_>>(), [id(6)]);
    assert!(waiting[0].order == order(None));
    let known = Answer {
        status: 202,
        body: "queued".into(),
    };
    let mut repeated = claimed(8, "order-8", 8);
    repeated.queue_limit = Some(3);
    repeated.claim = repeated.claim.map(|claim| IdempotencyRecord {
        answer: Some(known.clone()),
        ..claim
    });
    assert!(matches!(
        store.admit_call(repeated.clone()).await.unwrap(),
        Admission::Recorded { .. }
    ));
    assert_eq!(
        store.admit_call(repeated).await.unwrap().rejection(),
        Some(&Rejection::Replay(known))
    );
    assert!(step(&store, 8, &[CallStatus::Queued], CallStatus::Refused).await);
    assert!(step(&store, 5, &[CallStatus::Queued], CallStatus::Sent).await);
    assert!(
        !step(&store, 5, &[CallStatus::Queued], CallStatus::Sent).await,
        "nobody dials it a second time"
    );
    assert!(matches!(
        store.admit_call(queued(7)).await.unwrap(),
        Admission::Recorded { .. }
    ));
}

/// Replicas whose clocks disagree, or a clock that is set back, do not reorder the states of a call: a receiver keeps the
/// one with the later time.
pub(super) async fn each_change_of_a_call_has_a_later_time_whatever_the_clocks_are(store: AnyStore) {
    with_key(&store).await;
    store.admit_call(new_call(1, 1, at(1000))).await.unwrap();
    let state = async || store.call(id(1)).await.unwrap().unwrap();
    let step = |from: &'static [CallStatus], to, seconds| Ok(Transition::new(id(1), from, to, at(seconds)));
    let result = |seconds, change: fn(&mut CallResult)| {
        let mut result = CallResult {
            call: Some(id(1)),
            now: at(seconds),
            ..CallResult::default()
        };
        change(&mut result);
        Err(Box::new(result))
    };
    let mut before = state().await;
    for change in [
        step(&[CallStatus::Reserved], CallStatus::Sent, 1000),
        step(&[CallStatus::Sent], CallStatus::Accepted, 900),
        result(1000, |result| result.session_id = Some("s".into())),
        result(5, |result| result.disconnected_by = Some("user".into())),
        result(2000, |result| result.disconnected_by = Some("user".into())),
        result(1001, |result| result.transcript = Some("[]".into())),
        step(&[CallStatus::Sent], CallStatus::Accepted, 3000),
        result(0, |result| result.disconnected_by = Some("error".into())),
    ] {
        let label = format!("{change:?}");
        match change {
            Ok(step) => drop(store.transition_call(step).await.unwrap()),
            Err(result) => drop(store.add_call_result(*result).await.unwrap()),
        }
        let after = state().await;
        let mut unchanged = after.clone();
        unchanged.call.updated_at = before.call.updated_at;
        if unchanged == before {
            assert_eq!(after, before, "{label}");
        } else {
            assert!(after.call.updated_at > before.call.updated_at, "{label}");
        }
        before = after;
    }
}

/// A result settles its call whether it comes late, early or twice, and what it leaves out stays.
pub(super) async fn results_may_repeat_and_overtake(store: AnyStore) {
    with_key(&store).await;
    store.admit_call(new_call(1, 1, at(1))).await.unwrap();
    step(&store, 1, &[CallStatus::Reserved], CallStatus::Sent).await;
    let full = CallResult {
        call: Some(id(1)),
        duration_seconds: Some(12.5),
        disconnected_by: Some("user".into()),
        recording_url: Some("https://r".into()),
        session_id: Some("s-1".into()),
        sip_status: Some(200),
        transcript: Some("Hello".into()),
        now: at(5),
        ..Default::default()
    };
    assert_eq!(store.add_call_result(full.clone()).await.unwrap(), Some(id(1)));
    assert_eq!(store.add_call_result(full).await.unwrap(), Some(id(1)));
    // The worker's acceptance comes after its result: it adds what it knows and takes nothing back.
    let mut late = Transition::new(id(1), &[CallStatus::Sent], CallStatus::Accepted, at(6));
    late.worker_call_id = Some("w-1".into());
    assert!(!store.transition_call(late).await.unwrap());
    let sparse = CallResult {
        worker_call_id: Some("w-1".into()),
        now: at(7),
        ..Default::default()
    };
    assert_eq!(store.add_call_result(sparse).await.unwrap(), Some(id(1)));
    let CallRecord {
        call,
        details,
        history,
    } = store.call(id(1)).await.unwrap().unwrap();
    assert_eq!(
        (call.status, call.reason.as_deref()),
        (CallStatus::Completed, Some("user"))
    );
    assert_eq!(
        (call.duration_seconds, call.recording_url.as_deref()),
        (Some(12.5), Some("https://r"))
    );
    assert_eq!(
        (
            details.session_id.as_deref(),
            details.transcript.as_deref(),
            call.sip_status
        ),
        (Some("s-1"), Some("Hello"), Some(200))
    );
    assert_eq!(details.variables, order(None).variables);
    let states: Vec<CallStatus> = history.iter().map(|event| event.status).collect();
    assert_eq!(
        states,
        [CallStatus::Reserved, CallStatus::Sent, CallStatus::Completed]
    );
    let stranger = CallResult {
        call: Some(id(9)),
        worker_call_id: Some("w-9".into()),
        now: at(8),
        ..Default::default()
    };
    assert_eq!(store.add_call_result(stranger).await.unwrap(), None);
}

/// A transition of a superseded attempt does not apply.
pub(super) async fn a_step_of_an_earlier_attempt_moves_nothing(store: AnyStore) {
    with_key(&store).await;
    let queued = NewCall {
        queue_limit: Some(9),
        ..new_call(1, 1, at(1))
    };
    store.admit_call(queued).await.unwrap();
    let step = |attempt, from: &'static [CallStatus], to| Transition {
        attempt: Some(id(attempt)),
        ..Transition::new(id(1), from, to, at(2))
    };
    let give = |attempt| step(attempt, &[CallStatus::Queued], CallStatus::Sent);
    let take_back = |attempt| step(attempt, &[CallStatus::Sent], CallStatus::Queued);
    assert!(store.transition_call(give(7)).await.unwrap());
    assert!(!store.transition_call(give(8)).await.unwrap());
    assert!(!store.transition_call(take_back(8)).await.unwrap());
    assert!(store.transition_call(take_back(7)).await.unwrap());
    assert!(store.transition_call(give(9)).await.unwrap());
    assert!(!store.transition_call(take_back(7)).await.unwrap());
    // What is known late is known all the same.
    assert_eq!(recover(&store, at(3)).await, (1, 0));
    let accepted = |attempt| {
        step(
            attempt,
            &[CallStatus::Sent, CallStatus::Unknown],
            CallStatus::Accepted,
        )
    };
    assert!(!store.transition_call(accepted(7)).await.unwrap());
    assert!(store.transition_call(accepted(9)).await.unwrap());
}

/// Orphaned calls are recovered once: never sent → refused and free again; maybe sent → unknown.
pub(super) async fn orphaned_calls_are_recovered(store: AnyStore) {
    let key = with_key(&store).await;
    store.admit_call(claimed(1, "never-sent", 1)).await.unwrap();
    store.admit_call(claimed(2, "maybe-sent", 2)).await.unwrap();
    step(&store, 2, &[CallStatus::Reserved], CallStatus::Sent).await;
    store
        .admit_call(NewCall {
            queue_limit: Some(9),
            ..new_call(3, 1, at(1))
        })
        .await
        .unwrap();
    assert_eq!(recover(&store, at(9)).await, (1, 1));
    assert_eq!(recover(&store, at(9)).await, (0, 0));
    assert_eq!(status(&store, 1).await, CallStatus::Refused);
    assert_eq!(status(&store, 2).await, CallStatus::Unknown);
    assert_eq!(status(&store, 3).await, CallStatus::Queued);
    assert!(matches!(
        store.admit_call(claimed(4, "never-sent", 1)).await.unwrap(),
        Admission::Recorded { .. }
    ));
    let unanswered = Rejection::Unanswered {
        call_id: id(2),
        status: CallStatus::Unknown,
    };
    assert_eq!(
        store.admit_call(claimed(5, "maybe-sent", 2)).await.unwrap(),
        Admission::rejected(key, unanswered)
    );
}

/// Pages run from the newest to the oldest, and filters narrow them.
pub(super) async fn calls_are_listed_newest_first_and_filtered(store: AnyStore) {
    let key = with_key(&store).await;
    store.create_api_key(new_key(2, "Other", at(0))).await.unwrap();
    for number in 1..=5 {
        let mut call = new_call(
            number,
            if number == 3 { 2 } else { 1 },
            at(i64::try_from(number).unwrap()),
        );
        call.order = order((number % 2 == 0).then_some("even"));
        store.admit_call(call).await.unwrap();
    }
    step(&store, 2, &[CallStatus::Reserved], CallStatus::Refused).await;
    let list = async |query: CallQuery| {
        let (calls, next) = store.list_calls(CallQuery { limit: 3, ..query }).await.unwrap();
        let last = calls.last().map(|call| call.id);
        assert!(next.is_none_or(|next| Some(next) == last));
        (
            calls.iter().map(|call| call.id.as_u128()).collect::<Vec<_>>(),
            next.is_some(),
        )
    };
    assert_eq!(list(CallQuery::default()).await, (vec![5, 4, 3], true));
    assert_eq!(
        list(CallQuery {
            after: Some(id(3)),
            ..Default::default()
        })
        .await,
        (vec![2, 1], false)
    );
    assert_eq!(
        list(CallQuery {
            key: Some(key),
            ..Default::default()
        })
        .await,
        (vec![5, 4, 2], true)
    );
    assert_eq!(
        list(CallQuery {
            reference: Some("even".into()),
            ..Default::default()
        })
        .await,
        (vec![4, 2], false)
    );
    assert_eq!(
        list(CallQuery {
            status: Some(CallStatus::Refused),
            ..Default::default()
        })
        .await,
        (vec![2], false)
    );
}

/// A search finds a call by its id, and calls by how their number, reference or bot begins; letters that a pattern
/// would read as more than themselves are only themselves.
pub(super) async fn calls_are_found_by_how_they_begin(store: AnyStore) {
    with_key(&store).await;
    let orders = [
        ("+919876543210", Some("case-1"), "bot"),
        ("+14155550100", Some("CASE-2"), "bot"),
        ("+914444444444", Some("100%"), "b_t"),
        ("+4930123456", None, "+91"),
    ];
    for (number, (to_number, reference, bot)) in (1..).zip(orders) {
        let mut call = new_call(number, 1, at(1));
        call.order = CallOrder {
            to_number: to_number.into(),
            bot_id: bot.into(),
            ..order(reference)
        };
        store.admit_call(call).await.unwrap();
    }
    let find = async |query: CallQuery| {
        let (calls, _) = store.list_calls(CallQuery { limit: 9, ..query }).await.unwrap();
        calls.iter().map(|call| call.id.as_u128()).collect::<Vec<_>>()
    };
    let search = async |typed: &str| {
        find(CallQuery {
            search: CallSearch::parse(typed),
            ..Default::default()
        })
        .await
    };
    assert_eq!(search("+91").await, [4, 3, 1]);
    assert_eq!(search("91 98").await, [1]);
    assert_eq!(search("case").await, [1]);
    assert_eq!(search("b_t").await, [3]);
    assert_eq!(search("100%").await, [3]);
    assert_eq!(search("%").await, [0_u128; 0]);
    assert_eq!(search(&id(2).to_string()).await, [2]);
    let bot = CallQuery {
        bot: Some("bot".into()),
        ..Default::default()
    };
    assert_eq!(find(bot).await, [2, 1]);
}
