use chrono::TimeDelta;
use ori_key::WebhookSecret;
use ori_shared::call::CallStatus;
use ori_shared::webhook::{CallEventPayload, CallEventType, DeliveryStatus, WebhookDelivery};
use uuid::Uuid;

use super::calls::{new_call, order, recover, step, with_key};
use super::{AnyStore, at, id, join_all, new_key, plain_key};
use crate::{
    Admission, Attempt, CallOrder, CallResult, DeliveryQuery, DueDelivery, FAILING, Fate, LeaseRequest,
    NewCall, NewWebhook, Replay, SetWebhook, Transition, back_off,
};

const URL: &str = "https://crm.example.com/hook";

fn secret(number: u8) -> WebhookSecret {
    WebhookSecret::from_bytes([number; 32])
}

async fn set(store: &AnyStore, key: Uuid, url: &str, seconds: i64) -> Option<SetWebhook> {
    let webhook = NewWebhook {
        key,
        url: url.to_owned(),
        secret: secret(u8::try_from(seconds % 100).unwrap()),
        now: at(seconds),
    };
    store.set_webhook(webhook).await.unwrap()
}

/// A key with a webhook.
async fn with_webhook(store: &AnyStore) -> Uuid {
    let key = with_key(store).await;
    set(store, key, URL, 1).await.unwrap();
    key
}

/// A call that stands at `sent`.
async fn sent_call(store: &AnyStore, number: u128, key: u64) {
    let accepted = store.admit_call(new_call(number, key, at(1))).await.unwrap();
    assert!(matches!(accepted, Admission::Recorded { .. }));
    assert!(step(store, number, &[CallStatus::Reserved], CallStatus::Sent).await);
}

async fn report(store: &AnyStore, number: u128, word: Option<&str>, seconds: i64) {
    let result = CallResult {
        call: Some(id(number)),
        disconnected_by: word.map(str::to_owned),
        now: at(seconds),
        ..Default::default()
    };
    assert_eq!(store.add_call_result(result).await.unwrap(), Some(id(number)));
}

/// A call that has ended, and with it an event.
async fn ended_call(store: &AnyStore, number: u128, key: u64, seconds: i64) {
    sent_call(store, number, key).await;
    report(store, number, Some("user"), seconds).await;
}

async fn deliveries(store: &AnyStore) -> Vec<WebhookDelivery> {
    let query = DeliveryQuery {
        limit: 100,
        ..Default::default()
    };
    store.list_deliveries(query).await.unwrap().0
}

/// The events of that call, the oldest first.
async fn events(store: &AnyStore, number: u128) -> Vec<CallEventType> {
    let all = deliveries(store).await;
    let of_call = all.iter().rev().filter(|one| one.call_id == id(number));
    of_call.map(|one| one.event_type).collect()
}

async fn claim(store: &AnyStore, seconds: i64, limit: u32, per_webhook: u32) -> Vec<DueDelivery> {
    claim_as(store, 1, seconds, limit, per_webhook).await
}

async fn claim_as(
    store: &AnyStore,
    claimer: u128,
    seconds: i64,
    limit: u32,
    per_webhook: u32,
) -> Vec<DueDelivery> {
    let claim = LeaseRequest {
        claimer: id(claimer),
        now: at(seconds),
        lease_until: at(seconds + 60),
        limit,
        unreserved: limit,
        max_bytes: usize::MAX,
        per_webhook,
    };
    store.claim_due_deliveries(claim).await.unwrap()
}

async fn claim_one(store: &AnyStore, seconds: i64) -> DueDelivery {
    let mut claimed = claim(store, seconds, 10, 10).await;
    assert_eq!(claimed.len(), 1);
    claimed.remove(0)
}

async fn record(store: &AnyStore, due: &DueDelivery, fate: Fate, seconds: i64) -> bool {
    let is_delivered = fate == Fate::Delivered;
    let attempt = Attempt {
        delivery: due.id,
        attempt: due.attempt,
        status: Some(if is_delivered { 200 } else { 500 }),
        error: (!is_delivered).then_some("bad_status"),
        fate,
        now: at(seconds),
    };
    store.record_delivery_attempt(attempt).await.unwrap()
}

/// A webhook belongs to its key: the first address makes it, another changes it, and its secret stays.
pub(super) async fn a_webhook_is_set_changed_and_removed(store: AnyStore) {
    let key = with_key(&store).await;
    assert_eq!(store.webhook(key).await.unwrap(), None);
    assert_eq!(set(&store, id(9), URL, 1).await, None);
    let made = store.webhook(id(9)).await.unwrap();
    assert_eq!(made, None);
    assert!(matches!(
        set(&store, key, URL, 1).await,
        Some(SetWebhook::Created(_))
    ));
    let Some(SetWebhook::Changed(changed)) = set(&store, key, "https://other.example.com/", 2).await else {
        panic!("the key had a webhook")
    };
    assert_eq!(
        (changed.url.as_str(), changed.created_at, changed.updated_at),
        ("https://other.example.com/", at(1), at(2))
    );
    assert_eq!(store.webhook(key).await.unwrap(), Some(changed));
    ended_call(&store, 1, 1, 5).await;
    assert!(claim_one(&store, 5).await.secrets == [secret(1)]);
    assert!(store.remove_webhook(key).await.unwrap());
    assert!(!store.remove_webhook(key).await.unwrap());
    assert_eq!(store.webhook(key).await.unwrap(), None);
    assert!(matches!(
        set(&store, key, URL, 3).await,
        Some(SetWebhook::Created(_))
    ));
}

/// Each end of a call adds one event, whatever its cause; a repeated result adds none.
pub(super) async fn each_change_that_matters_makes_one_event(store: AnyStore) {
    with_webhook(&store).await;
    for (number, word) in [(1, "user"), (2, "no_answer"), (3, "voicemail")] {
        sent_call(&store, number, 1).await;
        report(&store, number, None, 3).await;
        for _ in 0..3 {
            report(&store, number, Some(word), 4).await;
        }
    }
    assert_eq!(events(&store, 1).await, [CallEventType::Completed]);
    assert_eq!(events(&store, 2).await, [CallEventType::Failed]);
    assert_eq!(events(&store, 3).await, [CallEventType::Voicemail]);

    sent_call(&store, 4, 1).await;
    step(&store, 4, &[CallStatus::Sent], CallStatus::Unknown).await;
    report(&store, 4, Some("user"), 5).await;
    report(&store, 4, Some("bot"), 6).await;
    let late = CallResult {
        call: Some(id(4)),
        recording_url: Some("https://r".into()),
        now: at(7),
        ..Default::default()
    };
    store.add_call_result(late.clone()).await.unwrap();
    store.add_call_result(late).await.unwrap();
    report(&store, 4, Some("error"), 8).await;
    assert_eq!(
        events(&store, 4).await,
        [
            CallEventType::Unknown,
            CallEventType::Completed,
            CallEventType::Updated,
            CallEventType::Updated,
            CallEventType::Updated
        ]
    );
    let ids: Vec<Uuid> = deliveries(&store).await.iter().map(|one| one.id).collect();
    assert!(ids.is_sorted_by(|newer, older| newer > older));
}

/// A refusal adds an event only if the request was answered before it.
pub(super) async fn only_an_unanswered_refusal_makes_an_event(store: AnyStore) {
    with_webhook(&store).await;
    store.admit_call(new_call(1, 1, at(1))).await.unwrap();
    step(&store, 1, &[CallStatus::Reserved], CallStatus::Refused).await;
    assert_eq!(events(&store, 1).await, []);

    for number in [2, 3] {
        let queued = NewCall {
            queue_limit: Some(9),
            ..new_call(number, 1, at(1))
        };
        store.admit_call(queued).await.unwrap();
    }
    let mut waited_too_long = Transition::new(id(2), &[CallStatus::Queued], CallStatus::Refused, at(2));
    waited_too_long.is_news = true;
    for _ in 0..2 {
        store.transition_call(waited_too_long.clone()).await.unwrap();
    }
    assert_eq!(events(&store, 2).await, [CallEventType::Refused]);
    step(&store, 3, &[CallStatus::Queued], CallStatus::Sent).await;
    step(&store, 3, &[CallStatus::Sent], CallStatus::Queued).await;
    assert_eq!(events(&store, 3).await, []);

    store.admit_call(new_call(4, 1, at(1))).await.unwrap();
    sent_call(&store, 5, 1).await;
    recover(&store, at(9)).await;
    recover(&store, at(9)).await;
    assert_eq!(events(&store, 4).await, [CallEventType::Refused]);
    assert_eq!(events(&store, 5).await, [CallEventType::Unknown]);
}

/// An event contains the call at that time, in bytes that never change.
pub(super) async fn an_event_tells_the_call_as_it_stood(store: AnyStore) {
    with_webhook(&store).await;
    let call = NewCall {
        order: CallOrder {
            variables: [("name".to_owned(), "Rajesh".to_owned())].into(),
            ..order(Some("case-1"))
        },
        ..new_call(1, 1, at(1))
    };
    store.admit_call(call).await.unwrap();
    step(&store, 1, &[CallStatus::Reserved], CallStatus::Sent).await;
    let result = CallResult {
        call: Some(id(1)),
        session_id: Some("s-1".into()),
        disconnected_by: Some("user".into()),
        duration_seconds: Some(12.5),
        transcript: Some("Hello".into()),
        now: at(5),
        ..Default::default()
    };
    store.add_call_result(result).await.unwrap();
    let first = claim_one(&store, 5).await;
    report(&store, 1, Some("bot"), 6).await;
    let again = claim(&store, 65, 10, 10).await;
    let again = again.iter().find(|due| due.id == first.id).unwrap();
    assert_eq!(again.body, first.body);

    let told: CallEventPayload = serde_json::from_str(&first.body).unwrap();
    assert_eq!(told.kind, CallEventType::Completed);
    assert_eq!(told.timestamp, told.data.updated_at);
    assert!((at(5)..at(6)).contains(&told.timestamp));
    let mut expected = store.call(id(1)).await.unwrap().unwrap().into_view();
    assert_eq!(expected.disconnected_by.as_deref(), Some("bot"));
    expected.disconnected_by = Some("user".into());
    expected.updated_at = told.timestamp;
    expected.history.clear();
    assert_eq!(told.data, expected);
    let details = told.data.details.unwrap();
    assert_eq!(details.variables["name"], "Rajesh");
    assert_eq!(
        (details.session_id.as_deref(), details.transcript.as_deref()),
        (Some("s-1"), Some("Hello"))
    );
}

/// No event is stored for a key without an enabled webhook.
pub(super) async fn no_webhook_no_event(store: AnyStore) {
    let key = with_key(&store).await;
    ended_call(&store, 1, 1, 5).await;
    set(&store, key, URL, 1).await.unwrap();
    ended_call(&store, 2, 1, 5).await;
    let due = claim_one(&store, 5).await;
    assert!(record(&store, &due, Fate::Gone { url: URL.into() }, 6).await);
    ended_call(&store, 3, 1, 7).await;
    assert_eq!(deliveries(&store).await.len(), 1);
    set(&store, key, URL, 8).await.unwrap();
    ended_call(&store, 4, 1, 9).await;
    assert_eq!(deliveries(&store).await.len(), 2);
}

/// A lease is one attempt: the delivery is not leased again until it expires, and then its outcome is ignored.
pub(super) async fn a_claim_is_alone_until_it_lapses(store: AnyStore) {
    with_webhook(&store).await;
    assert_eq!(store.next_delivery_due().await.unwrap(), None);
    ended_call(&store, 1, 1, 5).await;
    assert_eq!(store.next_delivery_due().await.unwrap(), Some(at(5)));
    assert!(claim(&store, 4, 10, 10).await.is_empty());
    let racers = (0..20).map(|_| claim(&store, 5, 10, 10));
    let claimed: Vec<DueDelivery> = join_all(racers).await.into_iter().flatten().collect();
    assert_eq!(claimed.len(), 1);
    let first = &claimed[0];
    assert_eq!((first.attempt, first.round, first.url.as_str()), (1, 1, URL));
    assert_eq!(store.next_delivery_due().await.unwrap(), Some(at(65)));
    assert!(claim(&store, 64, 10, 10).await.is_empty());
    let second = claim_one(&store, 65).await;
    assert_eq!(
        (second.attempt, second.round),
        (2, 1),
        "an interrupted attempt has no place in the schedule"
    );
    assert!(!record(&store, first, Fate::Delivered, 66).await);
    assert!(record(&store, &second, Fate::Again(at(90)), 66).await);
    assert!(!record(&store, &second, Fate::Delivered, 66).await);
    let now = &deliveries(&store).await[0];
    assert_eq!((now.status, now.attempts), (DeliveryStatus::Pending, 2));
    assert_eq!(
        (now.last_status, now.last_error.as_deref()),
        (Some(500), Some("bad_status"))
    );
    assert_eq!(
        (now.last_attempt_at, now.next_attempt_at),
        (Some(at(65)), Some(at(90)))
    );
    let third = claim_one(&store, 90).await;
    assert_eq!((third.attempt, third.round), (3, 2));
    assert!(record(&store, &third, Fate::Delivered, 91).await);
    let now = &deliveries(&store).await[0];
    assert_eq!(
        (now.status, now.last_status, now.attempts),
        (DeliveryStatus::Delivered, Some(200), 3)
    );
    assert_eq!((now.last_error.as_deref(), now.next_attempt_at), (None, None));
    assert_eq!(store.next_delivery_due().await.unwrap(), None);
}

/// A clock that was set back holds no event up, be it new, put off or claimed; what was put off by it as it is now
/// stays so.
pub(super) async fn a_clock_that_was_set_back_holds_no_event_up(store: AnyStore) {
    with_webhook(&store).await;
    let hasten = async |now| {
        let (mut after, mut steps) = (None, 0);
        loop {
            after = store
                .hasten_deliveries(at(now), at(now + 60), after, 2)
                .await
                .unwrap();
            steps += 1;
            if after.is_none() {
                return steps;
            }
        }
    };
    ended_call(&store, 1, 1, 1_000).await;
    hasten(5).await;
    let first = claim_one(&store, 5).await;
    hasten(5).await;
    assert!(claim(&store, 6, 10, 10).await.is_empty(), "it is being tried");
    assert!(record(&store, &first, Fate::Again(at(500)), 6).await);
    hasten(7).await;
    assert!(claim(&store, 499, 10, 10).await.is_empty(), "it was put off");
    let second = claim_one(&store, 500).await;
    hasten(20).await;
    assert_eq!(claim_one(&store, 20).await.attempt, second.attempt + 1);
    for number in 2..=8 {
        ended_call(&store, number, 1, 1_000).await;
    }
    // Eight are pending, one of which is being tried.
    assert_eq!(hasten(30).await, 5, "two at a time");
    assert_eq!(claim(&store, 30, 10, 10).await.len(), 7, "however many they are");
}

/// The backlog of one webhook does not delay the events of another.
pub(super) async fn a_webhook_gets_no_more_than_its_share(store: AnyStore) {
    with_webhook(&store).await;
    let other = store.create_api_key(new_key(2, "Other", at(0))).await.unwrap().id;
    set(&store, other, URL, 2).await.unwrap();
    for number in 1..=6 {
        ended_call(&store, number, 1, 5).await;
    }
    ended_call(&store, 7, 2, 9).await;
    let first = claim(&store, 10, 10, 2).await;
    let of_other = first.iter().filter(|due| due.key == other).count();
    assert_eq!((first.len(), of_other), (3, 1), "two at most for each");
    assert!(claim(&store, 10, 10, 2).await.is_empty(), "their share is taken");
    let elsewhere = claim_as(&store, 2, 10, 10, 2).await;
    assert_eq!(elsewhere.len(), 2, "another claimer has a share of its own");
    let taken = first.iter().find(|due| due.key != other).unwrap();
    assert!(record(&store, taken, Fate::Delivered, 11).await);
    assert_eq!(claim(&store, 11, 10, 2).await.len(), 1);
    assert_eq!(
        claim(&store, 100, 1, 2).await.len(),
        1,
        "no more than is asked for"
    );
}

/// Webhooks that have nothing under way come first, and part of what may be claimed is reserved for them.
pub(super) async fn idle_webhooks_are_claimed_first(store: AnyStore) {
    with_webhook(&store).await;
    for number in 1..=6 {
        ended_call(&store, number, 1, 5).await;
    }
    let reserving = |limit, unreserved| LeaseRequest {
        claimer: id(1),
        now: at(10),
        lease_until: at(70),
        limit,
        unreserved,
        max_bytes: usize::MAX,
        per_webhook: 4,
    };
    let busy = store.claim_due_deliveries(reserving(4, 2)).await.unwrap();
    assert_eq!(busy.len(), 2, "the rest is reserved");
    assert!(
        store
            .claim_due_deliveries(reserving(2, 0))
            .await
            .unwrap()
            .is_empty()
    );
    let idle = store.create_api_key(new_key(2, "Idle", at(0))).await.unwrap().id;
    set(&store, idle, URL, 2).await.unwrap();
    ended_call(&store, 7, 2, 9).await;
    let claimed = store.claim_due_deliveries(reserving(2, 0)).await.unwrap();
    assert_eq!(claimed.iter().map(|due| due.key).collect::<Vec<_>>(), [idle]);
}

/// A claim takes no more once the bodies that it has taken have so many bytes.
pub(super) async fn a_claim_is_bounded_by_the_bytes_of_its_bodies(store: AnyStore) {
    with_webhook(&store).await;
    let other = store.create_api_key(new_key(2, "Other", at(0))).await.unwrap().id;
    set(&store, other, URL, 2).await.unwrap();
    for number in 1..=6 {
        ended_call(&store, number, 1, 5).await;
        ended_call(&store, 10 + number, 2, 5).await;
    }
    let body = claim(&store, 5, 1, 1).await.remove(0).body.len();
    // Bodies differ in a few digits.
    for (max_bytes, expected) in [
        (0, 0),
        (1, 1),
        (body * 3 / 2, 2),
        (body * 5 / 2, 3),
        (usize::MAX, 5),
    ] {
        let bounded = LeaseRequest {
            claimer: id(1),
            now: at(5),
            lease_until: at(65),
            limit: 99,
            unreserved: 99,
            max_bytes,
            per_webhook: 6,
        };
        let claimed = store.claim_due_deliveries(bounded).await.unwrap();
        assert_eq!(claimed.len(), expected, "{max_bytes}");
    }
}

/// A receiver that fails repeatedly gets one attempt at a time, with growing pauses, across processes and new events; after
/// one success, or with another address, it gets its share again.
pub(super) async fn a_failing_receiver_gets_one_attempt_at_a_time(store: AnyStore) {
    let key = with_webhook(&store).await;
    for number in 1..=8 {
        ended_call(&store, number, 1, 5).await;
    }
    let mut now = 10;
    let fail = async |due: &DueDelivery, now: i64| {
        assert!(record(&store, due, Fate::Again(at(now + 5)), now).await);
    };
    for due in claim(&store, now, FAILING, 8).await {
        fail(&due, now).await;
    }
    for failures in FAILING..FAILING + 3 {
        let pause = back_off(failures).unwrap().num_seconds();
        let next = deliveries(&store).await;
        assert!(
            next.iter()
                .all(|one| one.next_attempt_at >= Some(at(now + pause))),
            "{failures}"
        );
        assert_eq!(store.next_delivery_due().await.unwrap(), Some(at(now + pause)));
        ended_call(&store, 100 + u128::from(failures), 1, now).await;
        assert!(
            claim(&store, now + pause - 1, 10, 8).await.is_empty(),
            "{failures}"
        );
        now += pause;
        let probe = claim_one(&store, now).await;
        assert!(
            claim_as(&store, 2, now, 10, 8).await.is_empty(),
            "one at a time, whoever claims"
        );
        fail(&probe, now).await;
    }
    set(&store, key, "https://new.example.com/", now).await.unwrap();
    let claimed = claim(&store, now, 3, 3).await;
    assert_eq!(claimed.len(), 3, "the new address has not failed");
    for _ in 0..FAILING {
        for due in &claimed {
            record(&store, due, Fate::Again(at(now)), now).await;
        }
        for due in claim(&store, now, 1, 1).await {
            fail(&due, now).await;
        }
    }
    assert!(claim(&store, now, 10, 8).await.is_empty(), "it fails as well");
    now += 300;
    let probe = claim_one(&store, now).await;
    assert!(record(&store, &probe, Fate::Delivered, now).await);
    assert_eq!(claim(&store, now, 10, 8).await.len(), 8, "its share again");
}

/// A probe whose claimer dies is followed by another one.
pub(super) async fn a_failing_receiver_is_tried_again_after_an_interrupted_attempt(store: AnyStore) {
    with_webhook(&store).await;
    for number in 1..=5 {
        ended_call(&store, number, 1, 5).await;
    }
    for due in claim(&store, 10, FAILING, 8).await {
        assert!(record(&store, &due, Fate::Again(at(15)), 10).await);
    }
    claim_one(&store, 15).await;
    assert!(claim(&store, 74, 10, 10).await.is_empty());
    claim_one(&store, 75).await;
}

/// Marked deliveries are ended in steps and not sent in between; no others are ended.
pub(super) async fn deliveries_are_ended_in_steps(store: AnyStore) {
    with_webhook(&store).await;
    let other = store.create_api_key(new_key(2, "Other", at(0))).await.unwrap().id;
    set(&store, other, URL, 2).await.unwrap();
    for number in 1..=5 {
        ended_call(&store, number, 1, 5).await;
    }
    for number in 6..=8 {
        ended_call(&store, number, 2, 5).await;
    }
    let third = store.create_api_key(new_key(3, "Third", at(0))).await.unwrap().id;
    set(&store, third, URL, 3).await.unwrap();
    for number in 9..=10 {
        ended_call(&store, number, 3, i64::try_from(number).unwrap()).await;
    }
    let pending = async || {
        let all = deliveries(&store).await;
        all.iter()
            .filter(|one| one.status == DeliveryStatus::Pending)
            .count()
    };
    assert_eq!(store.end_deliveries(at(5), 4).await.unwrap(), 0);
    assert!(store.delete_api_key(id(1001)).await.unwrap());
    assert!(store.remove_webhook(other).await.unwrap());
    assert_eq!(pending().await, 10, "nothing is ended at once");
    let mut claimed = Vec::new();
    let mut steps = Vec::new();
    loop {
        steps.push(store.end_deliveries(at(10), 4).await.unwrap());
        claimed.extend(claim(&store, 20, 10, 10).await);
        if steps.last() < Some(&4) {
            break;
        }
    }
    // Eight whose webhook is gone, and one that is pending since before then.
    assert_eq!(steps, [4, 4, 1]);
    assert_eq!(pending().await, 1);
    assert!(claimed.iter().all(|due| due.key == third));
    let errors: Vec<_> = deliveries(&store)
        .await
        .into_iter()
        .filter_map(|one| one.last_error)
        .collect();
    assert_eq!(errors.iter().filter(|word| *word == "webhook_removed").count(), 8);
    assert_eq!(errors.iter().filter(|word| *word == "expired").count(), 1);
}

/// The deadline of a replayed delivery counts from its replay.
pub(super) async fn a_replay_begins_the_deadline_anew(store: AnyStore) {
    with_webhook(&store).await;
    ended_call(&store, 1, 1, 5).await;
    assert_eq!(store.end_deliveries(at(6), 10).await.unwrap(), 1);
    let ended = deliveries(&store).await.remove(0);
    assert_eq!(
        (ended.last_error.as_deref(), ended.next_attempt_at),
        (Some("expired"), None)
    );
    assert!(matches!(
        store.replay_delivery(ended.id, at(50)).await.unwrap(),
        Replay::Due(_)
    ));
    assert_eq!(store.end_deliveries(at(50), 10).await.unwrap(), 0);
    assert_eq!(claim_one(&store, 50).await.since, at(50));
    assert_eq!(store.end_deliveries(at(51), 10).await.unwrap(), 1);
}

/// Deliveries that are still pending when a webhook is set again are sent to the new address.
pub(super) async fn a_webhook_that_is_set_again_gets_what_is_still_pending(store: AnyStore) {
    let key = with_webhook(&store).await;
    ended_call(&store, 1, 1, 5).await;
    assert!(store.remove_webhook(key).await.unwrap());
    set(&store, key, "https://new.example.com/", 6).await.unwrap();
    assert_eq!(store.end_deliveries(at(0), 10).await.unwrap(), 0);
    assert_eq!(claim_one(&store, 6).await.url, "https://new.example.com/");
}

/// Until the overlap is over, both secrets sign.
pub(super) async fn a_rotated_secret_signs_beside_the_one_before_for_a_while(store: AnyStore) {
    let key = with_webhook(&store).await;
    assert!(
        !store
            .rotate_webhook_secret(id(9), secret(50), at(99))
            .await
            .unwrap()
    );
    assert!(
        store
            .rotate_webhook_secret(key, secret(50), at(100))
            .await
            .unwrap()
    );
    ended_call(&store, 1, 1, 5).await;
    assert!(claim_one(&store, 39).await.secrets == [secret(50), secret(1)]);
    assert!(claim_one(&store, 100).await.secrets == [secret(50)]);
}

/// A receiver that wants nothing more gets nothing more, until its address is set again.
pub(super) async fn a_gone_receiver_ends_what_is_pending(store: AnyStore) {
    let key = with_webhook(&store).await;
    ended_call(&store, 1, 1, 5).await;
    ended_call(&store, 2, 1, 6).await;
    let due = claim(&store, 6, 1, 10).await.remove(0);
    assert!(record(&store, &due, Fate::Gone { url: URL.into() }, 7).await);
    let webhook = store.webhook(key).await.unwrap().unwrap();
    assert_eq!(
        (webhook.disabled_at, webhook.disabled_reason.as_deref()),
        (Some(at(7)), Some("gone"))
    );
    assert!(
        claim(&store, 99, 10, 10).await.is_empty(),
        "nothing is sent meanwhile"
    );
    assert_eq!(store.next_delivery_due().await.unwrap(), None);
    assert_eq!(store.end_deliveries(at(0), 10).await.unwrap(), 1);
    let all = deliveries(&store).await;
    assert!(all.iter().all(|one| one.status == DeliveryStatus::Failed));
    assert_eq!(all[0].last_error.as_deref(), Some("webhook_disabled"));
    assert_eq!(
        store.replay_delivery(due.id, at(8)).await.unwrap(),
        Replay::NoWebhook
    );
    set(&store, key, "https://new.example.com/", 9).await.unwrap();
    assert!(matches!(
        store.replay_delivery(due.id, at(9)).await.unwrap(),
        Replay::Due(_)
    ));
    // The address before is not the webhook's any more: the event goes to the new one.
    let due = claim_one(&store, 9).await;
    assert!(record(&store, &due, Fate::Gone { url: URL.into() }, 10).await);
    assert_eq!(store.webhook(key).await.unwrap().unwrap().disabled_at, None);
    let due = claim_one(&store, 10).await;
    assert_eq!(due.url, "https://new.example.com/");
    assert!(record(&store, &due, Fate::Delivered, 11).await);
}

/// Pending deliveries end with their webhook or key.
pub(super) async fn what_is_pending_ends_with_its_webhook_or_key(store: AnyStore) {
    let key = with_webhook(&store).await;
    ended_call(&store, 1, 1, 5).await;
    let due = claim_one(&store, 5).await;
    assert!(store.remove_webhook(key).await.unwrap());
    assert_eq!(store.end_deliveries(at(0), 10).await.unwrap(), 1);
    assert!(!record(&store, &due, Fate::Again(at(9)), 6).await);
    set(&store, key, URL, 1).await.unwrap();
    ended_call(&store, 2, 1, 7).await;
    assert!(store.delete_api_key(key).await.unwrap());
    assert!(!store.delete_api_key(key).await.unwrap());
    assert_eq!(store.webhook(key).await.unwrap(), None);
    assert!(
        claim(&store, 99, 10, 10).await.is_empty(),
        "nothing is sent meanwhile"
    );
    assert_eq!(store.end_deliveries(at(0), 10).await.unwrap(), 1);
    let all = deliveries(&store).await;
    assert_eq!(all.len(), 2);
    for one in all {
        assert_eq!(
            (one.status, one.last_error.as_deref(), one.next_attempt_at),
            (DeliveryStatus::Failed, Some("webhook_removed"), None)
        );
        assert_eq!(
            store.replay_delivery(one.id, at(9)).await.unwrap(),
            Replay::NoWebhook
        );
    }
    assert_eq!(store.next_delivery_due().await.unwrap(), None);
    // A result of a call whose key is gone is taken in all the same.
    report(&store, 2, Some("error"), 9).await;
    assert_eq!(deliveries(&store).await.len(), 2);
}

/// A replay begins the schedule anew, under the same id, and overrules an attempt that is under way.
pub(super) async fn a_replayed_delivery_is_due_at_the_beginning_of_the_schedule(store: AnyStore) {
    with_webhook(&store).await;
    ended_call(&store, 1, 1, 5).await;
    let first = claim_one(&store, 5).await;
    assert!(record(&store, &first, Fate::GivenUp, 6).await);
    let Replay::Due(replayed) = store.replay_delivery(first.id, at(7)).await.unwrap() else {
        panic!("it has a webhook")
    };
    assert_eq!(
        (replayed.id, replayed.status, replayed.next_attempt_at),
        (first.id, DeliveryStatus::Pending, Some(at(7)))
    );
    let second = claim_one(&store, 7).await;
    assert_eq!((second.id, second.attempt, second.round), (first.id, 2, 1));
    assert!(matches!(
        store.replay_delivery(first.id, at(8)).await.unwrap(),
        Replay::Due(_)
    ));
    assert!(!record(&store, &second, Fate::Delivered, 9).await);
    assert_eq!(claim_one(&store, 9).await.attempt, 3);
    assert_eq!(
        store.replay_delivery(id(9), at(9)).await.unwrap(),
        Replay::Unknown
    );
}

/// Pages run from the newest to the oldest, filters narrow them, and what is old and settled is forgotten.
pub(super) async fn deliveries_are_listed_newest_first_filtered_and_forgotten(store: AnyStore) {
    let key = with_webhook(&store).await;
    for number in 1..=4 {
        ended_call(&store, number, 1, i64::try_from(number).unwrap()).await;
    }
    let list = async |query: DeliveryQuery| {
        let (page, more) = store
            .list_deliveries(DeliveryQuery { limit: 3, ..query })
            .await
            .unwrap();
        (
            page.iter().map(|one| one.call_id.as_u128()).collect::<Vec<_>>(),
            more,
        )
    };
    assert_eq!(list(DeliveryQuery::default()).await, (vec![4, 3, 2], true));
    let second = deliveries(&store).await[1].id;
    let behind = DeliveryQuery {
        after: Some(second),
        key: Some(key),
        ..Default::default()
    };
    assert_eq!(list(behind).await, (vec![2, 1], false));
    let of_call = DeliveryQuery {
        call: Some(id(3)),
        ..Default::default()
    };
    assert_eq!(list(of_call).await, (vec![3], false));
    let of_nobody = DeliveryQuery {
        key: Some(id(9)),
        ..Default::default()
    };
    assert_eq!(list(of_nobody).await, (vec![], false));

    let due = claim(&store, 5, 2, 10).await;
    assert!(record(&store, &due[0], Fate::Delivered, 5).await);
    assert!(record(&store, &due[1], Fate::GivenUp, 5).await);
    let delivered = DeliveryQuery {
        status: Some(DeliveryStatus::Delivered),
        ..Default::default()
    };
    assert_eq!(list(delivered.clone()).await, (vec![1], false));
    assert_eq!(store.delete_expired_deliveries(at(2), 9).await.unwrap(), 1);
    assert_eq!(list(delivered).await, (vec![], false));
    let later = at(2) + TimeDelta::days(99);
    assert_eq!(store.delete_expired_deliveries(later, 9).await.unwrap(), 1);
    assert_eq!(
        list(DeliveryQuery::default()).await,
        (vec![4, 3], false),
        "what is pending stays"
    );
}

/// Events are sent only to the webhook of the call's key.
pub(super) async fn an_event_goes_to_its_own_keys_webhook(store: AnyStore) {
    let key = with_webhook(&store).await;
    store.create_api_key(new_key(2, "Other", at(0))).await.unwrap();
    ended_call(&store, 1, 2, 5).await;
    assert!(deliveries(&store).await.is_empty());
    let call = NewCall {
        key: plain_key(1).digest(),
        ..new_call(2, 1, at(1))
    };
    store.admit_call(call).await.unwrap();
    let mut unknown = Transition::new(id(2), &[CallStatus::Reserved], CallStatus::Unknown, at(6));
    unknown.reason = Some("answer_lost".into());
    assert!(store.transition_call(unknown).await.unwrap());
    let due = claim_one(&store, 6).await;
    assert_eq!(due.key, key);
    let told: CallEventPayload = serde_json::from_str(&due.body).unwrap();
    assert_eq!(
        (told.kind, told.data.reason.as_deref()),
        (CallEventType::Unknown, Some("answer_lost"))
    );
}
