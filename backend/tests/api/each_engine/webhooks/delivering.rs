//! Delivery of events, and its attempts.

use std::collections::BTreeSet;
use std::time::Duration;

use chrono::TimeDelta;
use ori_shared::error_code::ErrorCode;
use ori_shared::webhook::{DeliveryStatus, RotatedSecret, WebhookDelivery};
use serde_json::json;

use super::{Stage, hook, silently_ended_call};
use ori_fixtures::{Caller as _, Reaction, Receiver, until};

/// Delays after each failed attempt, in seconds.
const PAUSES: [i64; 9] = [5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400];

impl Stage {
    async fn replay(&self, delivery: &WebhookDelivery) -> ori_fixtures::Answer {
        let path = format!("/api/v1/webhook-deliveries/{}/replay", delivery.id);
        self.admin.post(&path, json!({})).await
    }
}

#[tokio::test]
async fn an_event_is_signed_as_standard_webhooks_tells() {
    let stage = Stage::new().await;
    let (key, other) = (stage.hooked().await, stage.hooked().await);
    let call = stage.ended_call(&key).await;
    let delivered = stage.until_delivered(call).await;
    let received = &stage.receiver.received()[0];
    assert!(received.is_signed_with(&key.secret));
    assert!(!received.is_signed_with(&other.secret));
    assert_eq!(
        (received.path.as_str(), received.content_type.as_str()),
        ("/hook", "application/json")
    );
    assert_eq!(received.id, delivered.id.to_string());
    assert_eq!(received.timestamp, stage.app.now().timestamp());
    assert_eq!(
        (
            delivered.attempts,
            delivered.last_status,
            delivered.last_error,
            delivered.next_attempt_at
        ),
        (1, Some(204), None, None)
    );
}

#[tokio::test]
async fn an_event_is_tried_for_days_with_the_same_id_and_bytes_and_then_given_up() {
    let stage = Stage::new().await;
    let key = stage.hooked().await;
    stage.receiver.answer(500);
    let call = stage.ended_call(&key).await;
    for (attempts, pause) in (1..).zip(PAUSES) {
        let waiting = if attempts < 9 {
            stage.until_waits(call, attempts, pause).await
        } else {
            // The deadline makes the last one come sooner, but later than the end of a lease.
            let hours_later = stage.app.now() + TimeDelta::hours(1);
            stage
                .until_delivery(call, |delivery| {
                    delivery.attempts == attempts && delivery.next_attempt_at > Some(hours_later)
                })
                .await
        };
        assert_eq!(
            (waiting.last_status, waiting.last_error.as_deref()),
            (Some(500), Some("bad_status"))
        );
        stage.pass_until_due(&waiting);
    }
    let given_up = stage
        .until_delivery(call, |delivery| delivery.status == DeliveryStatus::Failed)
        .await;
    assert_eq!((given_up.attempts, given_up.next_attempt_at), (10, None));
    let received = stage.receiver.received();
    assert_eq!(received.len(), 10);
    assert!(received.iter().all(|one| one.is_signed_with(&key.secret)));
    let same: BTreeSet<_> = received.iter().map(|one| (&one.id, &one.body)).collect();
    assert_eq!(same.len(), 1);
    assert!(received.is_sorted_by(|one, next| one.timestamp < next.timestamp));
    let took = received[9].timestamp - received[0].timestamp;
    assert!((75 * 3600..76 * 3600).contains(&took), "{took}");
}

#[tokio::test]
async fn a_replay_sends_the_same_again_and_tries_as_long_as_the_first_time() {
    let stage = Stage::new().await;
    let key = stage.hooked().await;
    let call = stage.ended_call(&key).await;
    let delivered = stage.until_delivered(call).await;
    stage.app.advance(TimeDelta::days(3));
    stage.receiver.answer(503);
    let answer = stage.replay(&delivered).await;
    assert_eq!(answer.status, 202);
    let due: WebhookDelivery = answer.json();
    assert_eq!((due.id, due.status), (delivered.id, DeliveryStatus::Pending));
    assert_eq!(due.next_attempt_at, Some(stage.app.now()));
    let waiting = stage.until_waits(call, 2, PAUSES[0]).await;
    stage.receiver.answer(200);
    stage.pass_until_due(&waiting);
    let delivered = stage.until_delivered(call).await;
    assert_eq!(delivered.attempts, 3);
    let received = stage.receiver.received();
    assert_eq!(
        (&received[0].id, &received[0].body),
        (&received[1].id, &received[1].body)
    );
    assert_eq!(received[1].timestamp - received[0].timestamp, 3 * 86_400);
    assert!(received[1].is_signed_with(&key.secret));
}

#[tokio::test]
async fn a_receiver_that_is_gone_gets_nothing_more_until_its_address_is_set_again() {
    let stage = Stage::new().await;
    let key = stage.hooked().await;
    stage.receiver.answer(500);
    let waiting = stage.ended_call(&key).await;
    stage.until_waits(waiting, 1, 5).await;
    stage.receiver.answer(410);
    let call = stage.ended_call(&key).await;
    let gone = stage
        .until_delivery(call, |delivery| delivery.status == DeliveryStatus::Failed)
        .await;
    assert_eq!(
        (gone.last_status, gone.last_error.as_deref()),
        (Some(410), Some("gone"))
    );
    stage
        .until_delivery(waiting, |delivery| {
            delivery.last_error.as_deref() == Some("webhook_disabled")
        })
        .await;
    let view = stage.view(key.id).await;
    assert_eq!(
        (view.disabled_at, view.disabled_reason.as_deref()),
        (Some(stage.app.now()), Some("gone"))
    );
    let unheard = stage.ended_call(&key).await;
    assert_eq!(stage.deliveries(&format!("?call_id={unheard}")).await.len(), 0);
    stage.replay(&gone).await.problem(ErrorCode::WebhookInactive);

    stage.receiver.answer(200);
    assert_eq!(stage.set(key.id, &stage.receiver.url()).await.status, 200);
    assert_eq!(stage.view(key.id).await.disabled_at, None);
    assert_eq!(stage.replay(&gone).await.status, 202);
    stage.until_delivered(call).await;
    assert!(
        stage
            .receiver
            .received()
            .last()
            .unwrap()
            .is_signed_with(&key.secret)
    );
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let stage = Stage::new().await;
    let elsewhere = Receiver::start();
    for status in [301, 302, 307, 308] {
        let key = stage.hooked().await;
        stage
            .receiver
            .react(Reaction::Answer(status, Some(("location", elsewhere.url()))));
        let call = stage.ended_call(&key).await;
        let waiting = stage.until_waits(call, 1, 5).await;
        assert_eq!(
            (waiting.last_status, waiting.last_error.as_deref()),
            (Some(status), Some("redirected"))
        );
    }
    assert!(elsewhere.received().is_empty());
}

#[tokio::test]
async fn a_receiver_under_load_is_left_alone_for_as_long_as_it_asks() {
    let stage = Stage::new().await;
    let key = stage.hooked().await;
    for (status, asked, waits) in [
        (429, "600".to_owned(), 600),
        (503, "Mon, 23 Nov 2026 12:20:00 GMT".to_owned(), 1200),
        (503, "999999".to_owned(), 86_400),
        (500, "600".to_owned(), 5),
    ] {
        stage
            .receiver
            .react(Reaction::Answer(status, Some(("retry-after", asked))));
        let call = stage.ended_call(&key).await;
        stage.until_waits(call, 1, waits).await;
    }
}

#[tokio::test]
async fn for_a_day_after_a_rotation_both_secrets_sign() {
    let stage = Stage::new().await;
    let key = stage.hooked().await;
    let answer = stage
        .admin
        .post(&format!("{}/secret", hook(key.id)), json!({}))
        .await;
    assert_eq!(answer.status, 200);
    let rotated: RotatedSecret = answer.json();
    assert_ne!(rotated.secret, key.secret);
    let mut events = Vec::new();
    for wait in [TimeDelta::hours(23), TimeDelta::hours(1)] {
        stage.app.advance(wait);
        let call = stage.ended_call(&key).await;
        stage.until_delivered(call).await;
        events.push(stage.receiver.received().pop().unwrap());
    }
    assert_eq!((events[0].signatures.len(), events[1].signatures.len()), (2, 1));
    assert!(events[0].is_signed_with(&rotated.secret) && events[0].is_signed_with(&key.secret));
    assert!(events[1].is_signed_with(&rotated.secret) && !events[1].is_signed_with(&key.secret));
}

#[tokio::test]
async fn a_receiver_that_does_not_answer_holds_up_no_other_and_gets_few_at_once() {
    let stage = Stage::new().await;
    let slow = Receiver::start();
    slow.react(Reaction::Silence);
    let slow_key = stage.hooked_to(&slow.url()).await;
    for _ in 0..70 {
        silently_ended_call(&stage.app, &slow_key, stage.app.now()).await;
    }
    let key = stage.hooked().await;
    let call = stage.ended_call(&key).await;
    stage.until_delivered(call).await;
    assert_eq!(slow.until_received(4).await.len(), 4);
    slow.answer(200);
    // On a machine under load some may have timed out by then.
    until(async || {
        stage.app.advance(TimeDelta::minutes(1));
        stage.deliveries("?status=delivered&limit=1000").await.len() == 71
    })
    .await;
    let ids: BTreeSet<String> = slow.received().into_iter().map(|one| one.id).collect();
    assert_eq!(ids.len(), 70);
}

#[tokio::test]
async fn sixteen_receivers_that_do_not_answer_hold_up_no_other() {
    let stage = Stage::new().await;
    let slow = Receiver::start();
    slow.react(Reaction::Silence);
    for _ in 0..16 {
        let key = stage.hooked_to(&slow.url()).await;
        for _ in 0..5 {
            silently_ended_call(&stage.app, &key, stage.app.now()).await;
        }
    }
    let key = stage.hooked().await;
    let first = stage.ended_call(&key).await;
    stage.until_delivered(first).await;
    let at_once = slow.until_received(48).await.len();
    assert!(
        at_once < 64,
        "a part is reserved for those that are idle, and {at_once} came"
    );
    for _ in 0..8 {
        let call = stage.ended_call(&key).await;
        stage.until_delivered(call).await;
    }
    let failed = stage.deliveries("?status=pending&limit=1000").await;
    assert!(
        failed.iter().all(|delivery| delivery.last_error.is_none()),
        "it waited until others had failed"
    );
    slow.answer(200);
}

#[tokio::test]
async fn what_a_silent_receiver_never_took_ends_at_its_deadline() {
    let stage = Stage::new().await;
    let slow = Receiver::start();
    slow.react(Reaction::Silence);
    let key = stage.hooked_to(&slow.url()).await;
    for _ in 0..7 {
        silently_ended_call(&stage.app, &key, stage.app.now()).await;
    }
    let last = stage.ended_call(&key).await;
    slow.until_received(4).await;
    stage.app.elapse(Duration::from_secs(76 * 3600));
    assert_eq!(stage.deliveries("?status=pending").await.len(), 8, "not before");
    until(async || {
        stage.app.elapse(Duration::from_secs(60));
        stage.delivery_of(last).await.status == DeliveryStatus::Failed
    })
    .await;
    let ended = stage.delivery_of(last).await;
    assert_eq!(ended.last_error.as_deref(), Some("expired"));
    until(async || stage.deliveries("?status=failed").await.len() == 8).await;
    assert_eq!(stage.replay(&ended).await.status, 202);
    slow.answer(200);
    until(async || {
        stage.app.advance(TimeDelta::minutes(5));
        stage.delivery_of(last).await.status == DeliveryStatus::Delivered
    })
    .await;
}

#[tokio::test]
async fn a_clock_that_is_days_ahead_for_a_moment_ends_no_delivery() {
    let stage = Stage::new().await;
    let (slow, other) = (Receiver::start(), Receiver::start());
    slow.react(Reaction::Silence);
    other.react(Reaction::Silence);
    let (key, removed) = (
        stage.hooked_to(&slow.url()).await,
        stage.hooked_to(&other.url()).await,
    );
    let (call, sign) = (stage.ended_call(&key).await, stage.ended_call(&removed).await);
    slow.until_received(1).await;
    for days in [4, 1] {
        stage.app.advance(TimeDelta::days(days));
        if days == 4 {
            // Its deliveries are ended by the same worker, which has seen the clock by then.
            assert_eq!(stage.admin.delete(&hook(removed.id)).await.status, 204);
            stage
                .until_delivery(sign, |delivery| delivery.status == DeliveryStatus::Failed)
                .await;
        }
        assert_eq!(stage.delivery_of(call).await.status, DeliveryStatus::Pending);
    }
    stage.app.advance(TimeDelta::days(-5));
    slow.answer(200);
    until(async || {
        stage.app.elapse(Duration::from_secs(60));
        stage.delivery_of(call).await.status == DeliveryStatus::Delivered
    })
    .await;
}

#[tokio::test]
async fn an_event_that_the_address_before_refuses_for_good_goes_to_the_new_one() {
    let stage = Stage::new().await;
    let before = Receiver::start();
    before.react(Reaction::Silence);
    let key = stage.hooked_to(&before.url()).await;
    let call = stage.ended_call(&key).await;
    before.until_received(1).await;
    assert_eq!(stage.set(key.id, &stage.receiver.url()).await.status, 200);
    before.answer(410);
    let delivered = stage.until_delivered(call).await;
    assert_eq!((delivered.attempts, delivered.last_status), (2, Some(204)));
    assert!(stage.receiver.received()[0].is_signed_with(&key.secret));
    assert_eq!(stage.view(key.id).await.disabled_at, None);
}

#[tokio::test]
async fn nobody_at_the_address_is_a_failure_like_any_other() {
    let stage = Stage::new().await;
    // At that port nothing listens.
    let key = stage.hooked_to("http://127.0.0.1:9/").await;
    let call = stage.ended_call(&key).await;
    let waiting = stage.until_waits(call, 1, 5).await;
    assert_eq!(
        (waiting.last_status, waiting.last_error.as_deref()),
        (None, Some("not_connected"))
    );
    assert_eq!(stage.set(key.id, &stage.receiver.url()).await.status, 200);
    stage.pass_until_due(&waiting);
    stage.until_delivered(call).await;
    assert!(stage.receiver.received()[0].is_signed_with(&key.secret));
}
