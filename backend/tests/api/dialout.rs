//! Placing calls: what is recorded, what is dialled, and what is told. Only the voice fleet is scripted, over a socket.

use std::collections::BTreeSet;
use std::time::Duration;

use chrono::TimeDelta;
use futures_util::future::join_all;
use ori_fleet::scripted::{Behaviour, Script, ScriptedHost};
use ori_shared::call::{CallPage, CallStatus, CallView, PlacedCall, PlacedStatus};
use ori_shared::error_code::ErrorCode;
use ori_shared::fleet::FleetStatus;
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, Caller, KeyHolder, Place, SignedIn, TestApp, send};

const DIALOUT: &str = "/api/v1/sip/dialout";
const SECRET: &str = "simulated-fleet-secret";

/// A server, its admin, a key, and a scripted voice host with so many workers.
struct Stage {
    app: TestApp,
    admin: SignedIn,
    key_id: uuid::Uuid,
    key: KeyHolder,
    host: ScriptedHost,
}

impl Stage {
    async fn with_workers(workers: u16) -> Self {
        Self::with(Script {
            workers,
            unknown_bots: vec!["nobody".into()],
            ..Script::default()
        })
        .await
    }

    async fn with(script: Script) -> Self {
        let workers = script.workers;
        let host = ScriptedHost::start(script, Box::new(StdRng::seed_from_u64(5)))
            .await
            .unwrap();
        let app = TestApp::with(&fleet_options(&host)).await;
        let admin = app.admin().await;
        let created = admin.create_key("CRM").await;
        let key = app.anonymous().with_key(&created.key, Place::Header);
        let stage = Self {
            app,
            admin,
            key_id: created.view.id,
            key,
            host,
        };
        stage.until_room(workers.into()).await;
        stage
    }

    async fn fleet(&self) -> FleetStatus {
        self.admin.get("/api/v1/fleet/status").await.json()
    }

    async fn until_room(&self, available: u64) {
        until(async || self.fleet().await.available == available).await;
    }

    async fn place(&self, body: Value) -> Answer {
        self.key.post(DIALOUT, body).await
    }

    async fn place_as(&self, idempotency_key: &str, body: &Value) -> Answer {
        let request = self.key.request(Method::POST, DIALOUT);
        send(request.header("idempotency-key", idempotency_key).json(body)).await
    }

    async fn enqueue(&self) -> PlacedCall {
        let answer = send(
            self.key
                .request(Method::POST, DIALOUT)
                .header("prefer", "respond-async")
                .json(&body()),
        )
        .await;
        assert_eq!(answer.status, 202, "{}", answer.text());
        answer.json()
    }

    async fn call(&self, id: uuid::Uuid) -> CallView {
        self.admin.get(&format!("/api/v1/calls/{id}")).await.json()
    }

    async fn until_status(&self, id: uuid::Uuid, status: CallStatus) {
        until(async || self.call(id).await.status == status).await;
    }

    async fn report(&self, body: Value) -> Answer {
        self.app
            .anonymous()
            .with_fleet_secret(SECRET)
            .post("/api/v1/call-results", body)
            .await
    }
}

fn fleet_options(host: &ScriptedHost) -> String {
    format!("fleet_urls = '{}'\nfleet_secret = '{SECRET}'\n", host.url())
}

fn body() -> Value {
    json!({"bot_id": "bot", "to_number": "+919876543210"})
}

/// Looks again until it is so.
async fn until(condition: impl AsyncFn() -> bool) {
    let patience = tokio::time::timeout(Duration::from_secs(30), async {
        while !condition().await {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    });
    patience.await.expect("what was waited for did not come about");
}

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
    assert_eq!(key["last_used_at"], json!(call.created_at));
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
async fn a_lost_answer_is_told_again_and_not_dialled_again() {
    let stage = Stage::with_workers(5).await;
    stage.host.on_dial(Behaviour::HangUp);
    let first = stage
        .place_as("order-1", &body())
        .await
        .problem(ErrorCode::OutcomeUnknown);
    stage.host.on_dial(Behaviour::Honest);
    let again = stage.place_as("\"order-1\"", &body()).await;
    assert_eq!(
        (again.status, again.header("idempotent-replayed")),
        (504, Some("true"))
    );
    assert_eq!(again.value()["call_id"], json!(first.call_id));
    assert_eq!(stage.host.dialled().len(), 1);
}

#[tokio::test]
async fn forty_racing_posts_with_one_idempotency_key_dial_once() {
    let stage = Stage::with_workers(50).await;
    let order = body();
    let answers = join_all((0..40).map(|_| stage.place_as("order-1", &order))).await;
    assert_eq!(stage.host.dialled().len(), 1);
    let mut calls = BTreeSet::new();
    for answer in answers {
        match answer.status {
            200 => drop(calls.insert(answer.json::<PlacedCall>().call_id)),
            _ => drop(answer.problem(ErrorCode::IdempotencyInProgress)),
        }
    }
    assert_eq!(calls.len(), 1);
    stage
        .place_as("order-1", &json!({"bot_id": "bot", "to_number": "+14155550100"}))
        .await
        .problem(ErrorCode::IdempotencyMismatch);
    assert_eq!(stage.place_as("order-2", &order).await.status, 200);
}

#[tokio::test]
async fn a_call_reference_makes_repeating_safe_without_headers() {
    let stage = Stage::with_workers(5).await;
    let order = json!({"bot_id": "bot", "to_number": "+919876543210", "call_reference": "case-1"});
    let first: PlacedCall = stage.place(order.clone()).await.json();
    let again = stage.place(order).await;
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    assert_eq!(again.json::<PlacedCall>().call_id, first.call_id);
    let found: CallPage = stage.key.get("/api/v1/calls?reference=case-1").await.json();
    assert_eq!(found.items.len(), 1);
}

#[tokio::test]
async fn thirty_racing_posts_on_three_free_workers_dial_three() {
    let stage = Stage::with_workers(3).await;
    let answers = join_all((0..30).map(|_| stage.place(body()))).await;
    let placed = answers.iter().filter(|answer| answer.status == 200).count();
    assert_eq!((placed, stage.host.dialled().len()), (3, 3));
    for refused in answers.iter().filter(|answer| answer.status != 200) {
        refused.problem(ErrorCode::NoCapacity);
        assert_eq!(refused.header("retry-after"), Some("5"));
    }
}

#[tokio::test]
async fn what_was_refused_for_want_of_room_may_be_tried_anew_under_the_same_key() {
    let stage = Stage::with_workers(1).await;
    stage.host.take(1);
    stage.until_room(0).await;
    stage
        .place_as("order-1", &body())
        .await
        .problem(ErrorCode::NoCapacity);
    stage.host.take(0);
    stage.until_room(1).await;
    assert_eq!(stage.place_as("order-1", &body()).await.status, 200);
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
async fn waiting_calls_are_dialled_in_order_as_room_comes_up() {
    let stage = Stage::with_workers(1).await;
    stage.host.take(1);
    stage.until_room(0).await;
    let mut waiting = Vec::new();
    for _ in 0..3 {
        let placed = stage.enqueue().await;
        assert_eq!(placed.status, PlacedStatus::Queued);
        assert_eq!(stage.call(placed.call_id).await.status, CallStatus::Queued);
        waiting.push(placed.call_id);
        stage.app.advance(TimeDelta::milliseconds(1));
    }
    stage.host.take(0);
    for call in &waiting {
        stage.until_status(*call, CallStatus::Accepted).await;
        stage.host.end_calls();
    }
    let dialled: Vec<String> = stage
        .host
        .dialled()
        .iter()
        .map(|dial| dial.connected_event["ori_call_id"].clone())
        .collect();
    assert_eq!(
        dialled,
        waiting.iter().map(ToString::to_string).collect::<Vec<_>>()
    );
}

#[tokio::test]
async fn a_call_that_waited_too_long_is_refused_and_the_queue_is_bounded() {
    let host = ScriptedHost::start(
        Script {
            workers: 0,
            ..Script::default()
        },
        Box::new(StdRng::seed_from_u64(5)),
    )
    .await
    .unwrap();
    let app = TestApp::with(&format!(
        "{}queue_limit = 1\nqueue_minutes = 5\n",
        fleet_options(&host)
    ))
    .await;
    let admin = app.admin().await;
    let created = admin.create_key("CRM").await;
    let key = app.anonymous().with_key(&created.key, Place::Header);
    let stage = Stage {
        app,
        admin,
        key_id: created.view.id,
        key,
        host,
    };
    let waiting = stage.enqueue().await;
    let full = send(
        stage
            .key
            .request(Method::POST, DIALOUT)
            .header("prefer", "respond-async")
            .json(&body()),
    )
    .await;
    full.problem(ErrorCode::QueueFull);
    stage.app.advance(TimeDelta::minutes(5));
    stage.until_status(waiting.call_id, CallStatus::Refused).await;
    assert_eq!(
        stage.call(waiting.call_id).await.reason.as_deref(),
        Some("waited_too_long")
    );
}

#[tokio::test]
async fn a_revoked_key_is_refused_from_the_next_request_on() {
    let stage = Stage::with_workers(20).await;
    let key = format!("/api/v1/api-keys/{}", stage.key_id);
    assert_eq!(stage.place(body()).await.status, 200);
    stage.admin.patch(&key, json!({"is_active": false})).await;
    stage.place(body()).await.problem(ErrorCode::ApiKeyInactive);
    stage
        .key
        .get("/api/v1/auth/whoami")
        .await
        .problem(ErrorCode::ApiKeyInactive);
    stage
        .admin
        .patch(
            &key,
            json!({"is_active": true, "expires_at": stage.app.now() + TimeDelta::seconds(60)}),
        )
        .await;
    assert_eq!(stage.place(body()).await.status, 200);
    stage.app.advance(TimeDelta::seconds(60));
    stage.place(body()).await.problem(ErrorCode::ApiKeyExpired);
    stage.app.advance(TimeDelta::seconds(-1));
    assert_eq!(stage.place(body()).await.status, 200);
    stage.admin.delete(&key).await;
    stage.place(body()).await.problem(ErrorCode::InvalidApiKey);
    assert_eq!(stage.host.dialled().len(), 3);
    let kept: CallPage = stage.admin.get("/api/v1/calls").await.json();
    assert_eq!(kept.items.len(), 3, "the log outlives the key");
}

#[tokio::test]
async fn no_request_that_began_after_a_revocation_was_answered_is_accepted() {
    let stage = Stage::with_workers(2_000).await;
    let key = format!("/api/v1/api-keys/{}", stage.key_id);
    for round in 0..100 {
        let storm = join_all((0..6).map(|_| stage.place(body())));
        let revoke = async {
            let answer = stage.admin.patch(&key, json!({"is_active": false})).await;
            assert_eq!(answer.status, 200);
            // The revocation has been answered: whatever begins from here on comes after it.
            join_all((0..3).map(|_| stage.place(body()))).await
        };
        let (_, after) = tokio::join!(storm, revoke);
        for late in after {
            assert_eq!(late.verdict(), "403 api_key_inactive", "round {round}");
        }
        stage.admin.patch(&key, json!({"is_active": true})).await;
    }
    let accepted: CallPage = stage
        .admin
        .get("/api/v1/calls?limit=1000&status=accepted")
        .await
        .json();
    assert_eq!(accepted.items.len(), stage.host.dialled().len());
}

#[tokio::test]
async fn unknown_deleted_and_missing_keys_are_told_alike_and_guessing_is_slowed_without_hurting_neighbours() {
    let stage = Stage::with_workers(2).await;
    let gone = stage.admin.create_key("Gone").await;
    stage
        .admin
        .delete(&format!("/api/v1/api-keys/{}", gone.view.id))
        .await;
    let bland = |answer: Answer| {
        let mut problem = answer.problem(ErrorCode::InvalidApiKey);
        problem.request_id.clear();
        problem
    };
    let deleted = stage.app.anonymous().with_key(&gone.key, Place::Header);
    let told = bland(deleted.post(DIALOUT, body()).await);
    assert_eq!(told, bland(stage.app.anonymous().post(DIALOUT, body()).await));
    let made_up = stage.app.anonymous().with_key("ori_made_up", Place::Header);
    assert_eq!(told, bland(made_up.post(DIALOUT, body()).await));
    until(async || made_up.get("/api/v1/auth/whoami").await.status == 429).await;
    assert!(
        made_up
            .post(DIALOUT, body())
            .await
            .header("retry-after")
            .is_some()
    );
    assert_eq!(stage.place(body()).await.status, 200);
}

#[tokio::test]
async fn a_refused_attempt_with_a_known_key_is_noted_once_a_minute() {
    let stage = Stage::with_workers(1).await;
    let noted = async || {
        stage
            .app
            .store
            .api_key(stage.key_id)
            .await
            .unwrap()
            .unwrap()
            .last_refused_at
    };
    stage
        .admin
        .patch(
            &format!("/api/v1/api-keys/{}", stage.key_id),
            json!({"is_active": false}),
        )
        .await;
    let first = stage.app.now();
    stage.place(body()).await.problem(ErrorCode::ApiKeyInactive);
    assert_eq!(noted().await, Some(first));
    stage.app.advance(TimeDelta::seconds(59));
    stage.place(body()).await.problem(ErrorCode::ApiKeyInactive);
    assert_eq!(noted().await, Some(first));
    stage.app.advance(TimeDelta::seconds(1));
    stage.place(body()).await.problem(ErrorCode::ApiKeyInactive);
    assert_eq!(noted().await, Some(first + TimeDelta::seconds(60)));
}

#[tokio::test]
async fn a_key_sees_its_own_calls_alone_and_a_person_sees_all() {
    let stage = Stage::with_workers(5).await;
    let other = stage.admin.create_key("Other").await;
    let other = stage.app.anonymous().with_key(&other.key, Place::Header);
    let own: PlacedCall = stage.place(body()).await.json();
    let foreign: PlacedCall = other.post(DIALOUT, body()).await.json();
    let path = |call: &PlacedCall| format!("/api/v1/calls/{}", call.call_id);
    assert_eq!(stage.key.get(&path(&own)).await.status, 200);
    stage
        .key
        .get(&path(&foreign))
        .await
        .problem(ErrorCode::CallNotFound);
    let listed: CallPage = stage.key.get("/api/v1/calls").await.json();
    assert_eq!(
        listed.items.iter().map(|call| call.call_id).collect::<Vec<_>>(),
        [own.call_id]
    );
    let all: CallPage = stage.admin.get("/api/v1/calls").await.json();
    assert_eq!(all.items.len(), 2);
    let first: CallPage = stage.admin.get("/api/v1/calls?limit=1").await.json();
    let second: CallPage = stage
        .admin
        .get(&format!(
            "/api/v1/calls?limit=1&cursor={}",
            first.next_cursor.unwrap()
        ))
        .await
        .json();
    assert_eq!((second.items.len(), second.next_cursor), (1, None));
    assert_ne!(first.items[0].call_id, second.items[0].call_id);
    for query in ["limit=0", "status=lost", "cursor=x", "page=1", "from=yesterday"] {
        stage
            .admin
            .get(&format!("/api/v1/calls?{query}"))
            .await
            .problem(ErrorCode::MalformedQuery);
    }
}

#[tokio::test]
async fn results_settle_calls_whatever_their_order_and_number() {
    let stage = Stage::with_workers(2).await;
    let placed: PlacedCall = stage.place(body()).await.json();
    let event = json!({"ori_call_id": placed.call_id.to_string()});
    let full = json!({"session_id": "s", "call_duration_seconds": 31.5, "disconnected_by": "user", "unheard_of": [1],
                      "recording_url": "https://r/1", "transcript": [{"role": "bot", "text": "hi"}], "connected_event": event});
    for _ in 0..2 {
        assert_eq!(stage.report(full.clone()).await.status, 200);
    }
    let sparse = json!({"connected_event": event.to_string(), "recording_url": null});
    assert_eq!(stage.report(sparse).await.status, 200);
    let call = stage.call(placed.call_id).await;
    assert_eq!(
        (call.status, call.disconnected_by.as_deref()),
        (CallStatus::Completed, Some("user"))
    );
    assert_eq!(
        (call.duration_seconds, call.recording_url.as_deref()),
        (Some(31.5), Some("https://r/1"))
    );
    assert_eq!(call.history.len(), 4);
    stage
        .report(json!({"connected_event": {"ori_call_id": uuid::Uuid::nil()}}))
        .await
        .problem(ErrorCode::CallNotFound);
    let stranger = stage.app.anonymous().with_fleet_secret("guess");
    stranger
        .post("/api/v1/call-results", full)
        .await
        .problem(ErrorCode::InvalidFleetSecret);
}

#[tokio::test]
async fn a_repeated_request_to_wait_is_told_the_first_answer_for_good() {
    let stage = Stage::with_workers(1).await;
    stage.host.take(1);
    stage.until_room(0).await;
    let ask = async || {
        let request = stage
            .key
            .request(Method::POST, DIALOUT)
            .header("prefer", "respond-async");
        send(request.header("idempotency-key", "order-1").json(&body())).await
    };
    let first = ask().await;
    assert_eq!((first.status, first.header("idempotent-replayed")), (202, None));
    let placed: PlacedCall = first.json();
    for is_dialled in [false, true] {
        if is_dialled {
            stage.host.take(0);
            stage.until_status(placed.call_id, CallStatus::Accepted).await;
        }
        let again = ask().await;
        assert_eq!(
            (again.status, again.header("idempotent-replayed")),
            (202, Some("true"))
        );
        assert_eq!(again.text(), first.text());
    }
    assert_eq!(stage.host.dialled().len(), 1);
}
