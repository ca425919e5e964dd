//! Requests, attempts, records and responses of dialouts.

use super::{Stage, body};
use ori_fixtures::{Caller as _, DIALOUT, Place, send, until};
use std::time::Duration;

use ori_fleet::fake_host::{Behaviour, ReceivedRequest};
use ori_shared::call::{CallPage, CallStatus, PlacedCall, PlacedStatus};
use ori_shared::error_code::ErrorCode;
use reqwest::Method;
use serde_json::json;

#[tokio::test]
async fn a_call_is_placed_recorded_and_told() {
    let stage = Stage::with_workers(2).await;
    let sent = json!({"bot_id": "bot", "to_number": "91 98765-43210", "from_number": "+1 (415) 555-0100",
                      "variables": {"CUSTOMERNAME": "Rajesh", "due": 50, "address": {"city": "Pune"}}});
    let answer = stage.place(sent).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let placed: PlacedCall = answer.json();
    assert_eq!(placed.status, PlacedStatus::Ok);
    assert!(placed.room_name.is_some_and(|room| room.starts_with("dialout-")));

    let dialled = &stage.host.dialled()[0];
    assert_eq!(
        (dialled.bot_id.as_str(), dialled.to_number.as_str()),
        ("bot", "+919876543210")
    );
    assert_eq!(dialled.from_number.as_deref(), Some("+14155550100"));
    let event: Vec<_> = dialled
        .connected_event
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    let call_id = placed.call_id.to_string();
    assert_eq!(
        event,
        [
            ("CUSTOMERNAME", "Rajesh"),
            ("address", r#"{"city":"Pune"}"#),
            ("due", "50"),
            ("ori_call_id", &call_id)
        ]
    );

    let call = stage.call(placed.call_id).await;
    assert_eq!(
        (call.status, call.key_id, call.key_name.as_str()),
        (CallStatus::Accepted, stage.key_id, "CRM")
    );
    let history: Vec<CallStatus> = call.history.iter().map(|event| event.status).collect();
    assert_eq!(
        history,
        [CallStatus::Reserved, CallStatus::Sent, CallStatus::Accepted]
    );
    let key = stage
        .admin
        .get(&format!("/api/v1/api-keys/{}", stage.key_id))
        .await
        .value();
    assert_eq!(
        key["last_used_at"],
        ori_shared::timestamp::format(call.created_at)
    );
}

#[tokio::test]
async fn both_addresses_and_both_headers_serve_and_two_different_keys_do_not() {
    let stage = Stage::with_workers(9).await;
    let created = stage.admin.create_key("Other").await;
    let bearer = stage.app.anonymous().with_key(&created.key, Place::Bearer);
    for path in [DIALOUT, "/api/v1/dialout"] {
        assert_eq!(bearer.post(path, body()).await.status, 200);
        assert_eq!(stage.key.post(path, body()).await.status, 200);
        let both = stage
            .key
            .request(Method::POST, path)
            .bearer_auth(&created.key)
            .json(&body());
        send(both).await.problem(ErrorCode::ConflictingCredentials);
        let same = bearer
            .request(Method::POST, path)
            .header("x-api-key", &created.key)
            .json(&body());
        assert_eq!(send(same).await.status, 200);
    }
    let in_url = stage
        .app
        .anonymous()
        .post(&format!("{DIALOUT}?api_key={}", created.key), body())
        .await;
    in_url.problem(ErrorCode::InvalidApiKey);
}

#[tokio::test]
async fn a_body_that_cannot_be_is_refused_with_every_fault_named_and_nothing_recorded() {
    let stage = Stage::with_workers(1).await;
    for (sent, pointers) in [
        (
            json!({"bot_id": "", "to_number": "98", "from_number": "x"}),
            vec!["/bot_id", "/to_number", "/from_number"],
        ),
        (
            json!({"bot_id": "b", "to_number": "+9876543210123456"}),
            vec!["/to_number"],
        ),
        (
            json!({"bot_id": "b", "to_number": "+919876543210", "variables": {}, "connected_event": {}}),
            vec!["/connected_event"],
        ),
        (
            json!({"bot_id": "b", "to_number": "+919876543210", "variables": {"_x": 1}}),
            vec!["/variables/_x"],
        ),
        (
            json!({"bot_id": "b", "to_number": "+919876543210", "connected_event": {"ori_call_id": 1}}),
            vec!["/connected_event/ori_call_id"],
        ),
        (
            json!({"bot_id": "b", "to_number": "+919876543210", "variables": {"sip_candidate_headers": 1}}),
            vec!["/variables/sip_candidate_headers"],
        ),
        (
            json!({"bot_id": "b", "to_number": "+919876543210", "call_reference": ""}),
            vec!["/call_reference"],
        ),
    ] {
        let answer = stage.place(sent.clone()).await;
        let problem = answer.problem(ErrorCode::ValidationFailed);
        let named: Vec<&str> = problem
            .errors
            .iter()
            .map(|error| error.pointer.as_str())
            .collect();
        assert_eq!(named, pointers, "{sent}");
    }
    stage
        .place(json!({"bot_id": "b", "to_number": "+919876543210", "colour": 1}))
        .await
        .problem(ErrorCode::InvalidBody);
    stage
        .place(json!({"bot_id": "b", "to_number": "+919876543210", "variables": {"x": "y".repeat(1 << 20)}}))
        .await
        .problem(ErrorCode::PayloadTooLarge);
    let calls: CallPage = stage.key.get("/api/v1/calls").await.json();
    assert!(calls.items.is_empty() && stage.host.dialled().is_empty());
}

#[tokio::test]
async fn each_answer_of_a_worker_is_told_as_what_it_means() {
    let cases = [
        (
            Behaviour::Honest,
            "nobody",
            ErrorCode::BotNotFound,
            CallStatus::Refused,
        ),
        (
            Behaviour::status(404),
            "bot",
            ErrorCode::BotNotFound,
            CallStatus::Refused,
        ),
        (
            Behaviour::status(403),
            "bot",
            ErrorCode::WorkerError,
            CallStatus::Refused,
        ),
        (
            Behaviour::status(400),
            "bot",
            ErrorCode::WorkerError,
            CallStatus::Refused,
        ),
        (
            Behaviour::status(429),
            "bot",
            ErrorCode::NoCapacity,
            CallStatus::Refused,
        ),
        (
            Behaviour::status(503),
            "bot",
            ErrorCode::NoCapacity,
            CallStatus::Refused,
        ),
        (
            Behaviour::status(500),
            "bot",
            ErrorCode::OutcomeUnknown,
            CallStatus::Unknown,
        ),
        (
            Behaviour::lying("rubbish"),
            "bot",
            ErrorCode::OutcomeUnknown,
            CallStatus::Unknown,
        ),
        (
            Behaviour::HangUp,
            "bot",
            ErrorCode::OutcomeUnknown,
            CallStatus::Unknown,
        ),
        (
            Behaviour::BreakOff,
            "bot",
            ErrorCode::OutcomeUnknown,
            CallStatus::Unknown,
        ),
        (
            Behaviour::Oversized,
            "bot",
            ErrorCode::OutcomeUnknown,
            CallStatus::Unknown,
        ),
    ];
    for (behaviour, bot, code, status) in cases {
        let stage = Stage::with_workers(5).await;
        stage.host.on_dial(behaviour.clone());
        let answer = stage
            .place(json!({"bot_id": bot, "to_number": "+919876543210"}))
            .await;
        let problem = answer.problem(code);
        assert_eq!(
            code == ErrorCode::NoCapacity,
            answer.header("retry-after").is_some(),
            "{behaviour:?}"
        );
        assert_eq!(
            stage.call(problem.call_id.unwrap()).await.status,
            status,
            "{behaviour:?}"
        );
    }
}

#[tokio::test]
async fn a_client_that_goes_away_leaves_no_call_half_dialled() {
    let stage = Stage::with_workers(2).await;
    stage.host.on_dial(Behaviour::Held);
    let request = stage.key.request(Method::POST, DIALOUT).json(&body());
    let impatient = tokio::spawn(request.send());
    stage.host.until_dialled(1).await;
    impatient.abort();
    let calls: CallPage = stage.key.get("/api/v1/calls").await.json();
    stage.host.let_go();
    stage
        .until_status(calls.items[0].call_id, CallStatus::Accepted)
        .await;
}

#[tokio::test]
async fn the_digits_of_a_number_reach_the_bot_as_they_were_sent() {
    let stage = Stage::with_workers(1).await;
    let sent = r#"{"bot_id": "bot", "to_number": "+919876543210",
                   "variables": {"due": 50000.10, "loan": 123456789012345678901234567890, "list": [1.50]}}"#;
    let request = stage
        .key
        .request(Method::POST, DIALOUT)
        .header("content-type", "application/json");
    assert_eq!(send(request.body(sent)).await.status, 200);
    let event = &stage.host.dialled()[0].connected_event;
    assert_eq!(
        ["due", "loan", "list"].map(|name| event[name].as_str()),
        ["50000.10", "123456789012345678901234567890", "[1.50]"]
    );
}

#[tokio::test]
async fn a_workers_own_words_are_not_handed_on() {
    let stage = Stage::with_workers(5).await;
    for (status, code) in [
        (400, ErrorCode::WorkerError),
        (403, ErrorCode::WorkerError),
        (404, ErrorCode::BotNotFound),
    ] {
        stage.host.on_dial(Behaviour::status(status));
        let answer = stage.place_as(&format!("order-{status}"), &body()).await;
        answer.problem(code);
        let again = stage.place_as(&format!("order-{status}"), &body()).await;
        for answer in [answer, again] {
            assert!(!answer.text().contains("scripted response"), "{}", answer.text());
        }
    }
}

/// The first host rejects the call so late that its client has stopped waiting.
#[tokio::test]
async fn a_call_for_which_nobody_waits_any_more_is_refused_and_not_dialled() {
    for (seconds, is_dialled) in [(19, true), (21, false)] {
        let (stage, other) = Stage::with_two_hosts(5, 1).await;
        stage.host.on_dial(Behaviour::TurnedAwayLate);
        let stall = async {
            let was_asked = |request: &ReceivedRequest| request.path == "/livekit/dialout";
            until(async || stage.host.requests().iter().any(was_asked)).await;
            stage.app.elapse(Duration::from_secs(seconds));
            stage.host.let_go();
        };
        let order = body();
        let (answer, ()) = tokio::join!(stage.place_as("order-1", &order), stall);
        assert_eq!(other.dialled().len(), usize::from(is_dialled), "{seconds}");
        if is_dialled {
            assert_eq!(answer.status, 200);
            continue;
        }
        let call = answer.problem(ErrorCode::NoCapacity).call_id.unwrap();
        let view = stage.call(call).await;
        assert_eq!(
            (view.status, view.reason.as_deref()),
            (CallStatus::Refused, Some("waited_too_long"))
        );
        // Nothing was dialled: the same request is a new attempt.
        stage.host.on_dial(Behaviour::Honest);
        assert_eq!(stage.place_as("order-1", &body()).await.status, 200);
    }
}
