//! Which events there are, and what they say.

use std::collections::HashMap;

use chrono::TimeDelta;
use futures_util::future::join_all;
use ori_fleet::fake_host::{Behaviour, FakeHost, Script};
use ori_shared::call::{CallStatus, CallView, PlacedCall};
use ori_shared::error_code::ErrorCode;
use ori_shared::webhook::CallEventType;
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{LOOPBACK, Stage, sent_call};
use ori_fixtures::{Caller as _, Place, Receiver, SECRET, TestApp, send, until};

impl Stage {
    /// Returns the events of that call, in the order of their arrival.
    fn told_of(&self, call: Uuid) -> Vec<CallEventType> {
        let received = self.receiver.received();
        let events = received.iter().map(ori_fixtures::Received::event);
        events
            .filter(|event| event.data.call_id == call)
            .map(|event| event.kind)
            .collect()
    }
}

#[tokio::test]
async fn each_way_in_which_a_call_ends_is_told_once() {
    let stage = Stage::new().await;
    let key = stage.hooked().await;
    for (word, kind, status) in [
        ("user", CallEventType::Completed, CallStatus::Completed),
        ("no_answer", CallEventType::Failed, CallStatus::Failed),
        ("voicemail", CallEventType::Voicemail, CallStatus::Voicemail),
    ] {
        let call = sent_call(&stage.app, &key).await;
        let before = stage.receiver.received().len();
        stage.report(call, json!({"session_id": "s-1"})).await;
        for _ in 0..3 {
            stage
                .report(call, json!({"session_id": "s-1", "disconnected_by": word}))
                .await;
        }
        stage.until_delivered(call).await;
        let received = stage.receiver.received();
        assert_eq!(received.len(), before + 1);
        let event = received[before].event();
        assert_eq!(
            (event.kind, event.data.status, event.data.call_id),
            (kind, status, call)
        );
        assert_eq!(
            (event.timestamp, event.data.key_id),
            (event.data.updated_at, key.id)
        );
        assert!(event.timestamp - stage.app.now() < TimeDelta::milliseconds(1));
    }
}

#[tokio::test]
async fn an_event_tells_all_that_is_known_of_the_call() {
    let stage = Stage::new().await;
    let key = stage.hooked().await;
    let call = sent_call(&stage.app, &key).await;
    let told = json!({
        "session_id": "s-1", "stream_id": "m-1", "caller_id": "+911234567890", "call_duration_seconds": 31.5,
        "disconnected_by": "user", "recording_url": "https://r/1", "transcript": [{"role": "bot", "text": "hi"}],
    });
    stage.report(call, told).await;
    stage.until_delivered(call).await;
    let received = &stage.receiver.received()[0];
    let body: Value = serde_json::from_slice(&received.body).unwrap();
    assert_eq!(body["type"], "call.completed");
    assert_eq!(body["timestamp"], body["data"]["updated_at"]);
    assert_eq!(body["data"]["created_at"], "2026-11-23T12:00:00.000000Z");
    let mut shown = stage.admin.get(&format!("/api/v1/calls/{call}")).await.value();
    shown.as_object_mut().unwrap().remove("history");
    assert_eq!(body["data"], shown);
    let details = received.event().data.details.unwrap();
    assert_eq!(details.variables["CUSTOMERNAME"], "Rajesh");
    assert_eq!(details.session_id.as_deref(), Some("s-1"));
    assert!(details.transcript.unwrap().contains("bot"));
}

#[tokio::test]
async fn a_later_result_is_told_where_it_changes_something() {
    let stage = Stage::new().await;
    let key = stage.hooked().await;
    let call = stage.ended_call(&key).await;
    stage.receiver.until_received(1).await;
    stage.report(call, json!({"disconnected_by": "user"})).await;
    stage.report(call, json!({"recording_url": "https://r/1"})).await;
    stage.report(call, json!({"recording_url": "https://r/1"})).await;
    let received = stage.receiver.until_received(2).await;
    let event = received[1].event();
    assert_eq!(event.kind, CallEventType::Updated);
    assert_eq!(event.data.recording_url.as_deref(), Some("https://r/1"));
    stage.report(call, json!({"disconnected_by": "error"})).await;
    let received = stage.receiver.until_received(3).await;
    assert_eq!(received[2].event().data.status, CallStatus::Failed);
    assert_eq!(
        stage.told_of(call),
        [
            CallEventType::Completed,
            CallEventType::Updated,
            CallEventType::Updated
        ]
    );
    assert_eq!(stage.deliveries("").await.len(), 3);
}

/// The guide's advice: keep the call with the later `updated_at`, in whichever order the events arrive.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_receiver_that_follows_the_guide_ends_with_the_state_of_each_call() {
    let stage = Stage::new().await;
    let key = stage.hooked().await;
    let calls = join_all((0..61).map(|_| sent_call(&stage.app, &key))).await;
    // Three reports of one call at once.
    let reports = calls.iter().flat_map(|call| {
        [
            json!({"disconnected_by": "user"}),
            json!({"disconnected_by": "error"}),
            json!({"recording_url": "https://r/1", "transcript": "hello"}),
        ]
        .map(|report| stage.report(*call, report))
    });
    join_all(reports).await;
    until(async || stage.deliveries("?status=pending").await.is_empty()).await;
    let mut kept = HashMap::<Uuid, CallView>::new();
    for event in stage
        .receiver
        .received()
        .iter()
        .map(ori_fixtures::Received::event)
    {
        let known = kept
            .entry(event.data.call_id)
            .or_insert_with(|| event.data.clone());
        if event.data.updated_at > known.updated_at {
            *known = event.data;
        }
    }
    for call in calls {
        let mut view: CallView = stage.admin.get(&format!("/api/v1/calls/{call}")).await.json();
        view.history.clear();
        assert_eq!(kept.get(&call), Some(&view));
    }
}

/// A server that dials a scripted host.
async fn with_host(script: Script, options: &str) -> (Stage, FakeHost) {
    let workers = script.workers;
    let host = FakeHost::start(script, Box::new(StdRng::seed_from_u64(5)))
        .await
        .unwrap();
    let fleet = format!("fleet_urls = '{}'\nfleet_secret = '{}'\n", host.url(), SECRET);
    let app = TestApp::with(&(fleet + LOOPBACK + options)).await;
    let stage = Stage {
        admin: app.admin().await,
        receiver: Receiver::start(),
        app,
    };
    until(async || stage.admin.get("/api/v1/fleet/status").await.value()["available"] == workers).await;
    (stage, host)
}

#[tokio::test]
async fn a_lost_answer_is_told_and_so_is_what_is_heard_of_the_call_later() {
    let (stage, host) = with_host(
        Script {
            workers: 2,
            ..Script::default()
        },
        "",
    )
    .await;
    let key = stage.hooked().await;
    host.on_dial(Behaviour::HangUp);
    let holder = stage.app.anonymous().with_key(&key.key, Place::Header);
    let body = json!({"bot_id": "bot", "to_number": "+919876543210"});
    let answer = holder.post("/api/v1/sip/dialout", body).await;
    let call = answer.problem(ErrorCode::OutcomeUnknown).call_id.unwrap();
    stage.receiver.until_received(1).await;
    stage.report(call, json!({"disconnected_by": "user"})).await;
    stage.receiver.until_received(2).await;
    assert_eq!(
        stage.told_of(call),
        [CallEventType::Unknown, CallEventType::Completed]
    );
}

#[tokio::test]
async fn a_refusal_is_told_only_to_whom_it_was_not_answered() {
    let script = Script {
        workers: 2,
        unknown_bots: vec!["nobody".into()],
        ..Script::default()
    };
    let (stage, host) = with_host(script, "queue_minutes = 5\n").await;
    let key = stage.hooked().await;
    let holder = stage.app.anonymous().with_key(&key.key, Place::Header);
    let order = json!({"bot_id": "nobody", "to_number": "+919876543210"});
    let at_once = holder.post("/api/v1/sip/dialout", order.clone()).await;
    let answered = at_once.problem(ErrorCode::BotNotFound).call_id.unwrap();

    let queue = async || -> Uuid {
        let request = holder.request(Method::POST, "/api/v1/sip/dialout");
        let answer = send(request.header("prefer", "respond-async").json(&order)).await;
        assert_eq!(answer.status, 202, "{}", answer.text());
        answer.json::<PlacedCall>().call_id
    };
    let by_the_host = queue().await;
    stage.receiver.until_received(1).await;
    host.take(2);
    until(async || stage.admin.get("/api/v1/fleet/status").await.value()["available"] == 0).await;
    let waited = queue().await;
    stage.app.advance(TimeDelta::minutes(5));
    stage.receiver.until_received(2).await;
    for (call, events) in [
        (answered, vec![]),
        (by_the_host, vec![CallEventType::Refused]),
        (waited, vec![CallEventType::Refused]),
    ] {
        assert_eq!(stage.told_of(call), events);
        let view: CallView = stage.admin.get(&format!("/api/v1/calls/{call}")).await.json();
        assert_eq!(view.status, CallStatus::Refused);
    }
    assert_eq!(stage.deliveries("").await.len(), 2);
}
