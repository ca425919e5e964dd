//! The machine's clock is set forward or back: expired keys stay expired, and no request waits for the clock to catch up.

use chrono::TimeDelta;
use futures_util::future::join_all;
use ori_fleet::fake_host::{Behaviour, FakeHost, Script};
use ori_shared::call::{CallPage, CallStatus, CallView, PlacedCall};
use ori_shared::error_code::ErrorCode;
use ori_shared::session::SessionView;
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use ori_fixtures::{
    ADMIN_EMAIL, ADMIN_PASSWORD, Answer, Caller as _, KeyHolder, Place, SignedIn, TestApp, send,
};
use ori_fixtures::{DIALOUT, SECRET, until};

const DAY: TimeDelta = TimeDelta::days(1);

struct Stage {
    app: TestApp,
    admin: SignedIn,
    key: KeyHolder,
    key_path: String,
    host: FakeHost,
}

impl Stage {
    async fn with_workers(workers: u16) -> Self {
        Self::with(workers, "").await
    }

    async fn with(workers: u16, options: &str) -> Self {
        let script = Script {
            workers,
            ..Script::default()
        };
        let host = FakeHost::start(script, Box::new(StdRng::seed_from_u64(5)))
            .await
            .unwrap();
        let options = format!(
            "fleet_urls = '{}'\nfleet_secret = '{SECRET}'\n{options}",
            host.url()
        );
        let app = TestApp::with(&options).await;
        let admin = app.admin().await;
        let created = admin.create_key("CRM").await;
        let stage = Self {
            key: app.anonymous().with_key(&created.key, Place::Header),
            key_path: format!("/api/v1/api-keys/{}", created.view.id),
            app,
            admin,
            host,
        };
        stage.until_room(workers).await;
        stage
    }

    async fn until_room(&self, workers: u16) {
        until(async || self.admin.get("/api/v1/fleet/status").await.value()["available"] == workers).await;
    }

    async fn place(&self, headers: &[(&str, &str)]) -> Answer {
        let mut request = self.key.request(Method::POST, DIALOUT).json(&body());
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        send(request).await
    }

    async fn placed(&self) -> Uuid {
        let answer = self.place(&[]).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json::<PlacedCall>().call_id
    }

    async fn until_status(&self, call: Uuid, status: CallStatus) {
        let path = format!("/api/v1/calls/{call}");
        until(async || self.key.get(&path).await.json::<CallView>().status == status).await;
    }

    async fn last_used(&self) -> Value {
        self.admin.get(&self.key_path).await.value()["last_used_at"].clone()
    }
}

fn body() -> Value {
    json!({"bot_id": "bot", "to_number": "+919876543210"})
}

#[tokio::test]
async fn set_back_it_keeps_nobody_out_until_it_has_caught_up() {
    let app = TestApp::start().await;
    let sign_in = async |password| app.anonymous().sign_in(ADMIN_EMAIL, password).await;
    let made_up = app.anonymous().with_key("ori_made_up", Place::Header);
    let whoami = async || made_up.get("/api/v1/auth/whoami").await;
    app.advance(DAY);
    until(async || sign_in("wrong password").await.status == 429).await;
    until(async || whoami().await.status == 429).await;
    app.advance(-DAY);
    assert_eq!(sign_in(ADMIN_PASSWORD).await.status, 200);
    whoami().await.problem(ErrorCode::InvalidApiKey);
    // Further guesses are throttled as before.
    until(async || sign_in("wrong password").await.status == 429).await;
    until(async || whoami().await.status == 429).await;
}

#[tokio::test]
async fn a_session_survives_a_clock_that_is_set_back_and_still_ends() {
    let app = TestApp::start().await;
    app.advance(DAY);
    let ahead = app.sign_in().await;
    app.advance(-DAY);
    let behind = app.sign_in().await;
    for session in [&ahead, &behind] {
        let view: SessionView = session.get("/api/v1/session").await.json();
        assert_eq!(view.email, ADMIN_EMAIL);
    }
    app.advance(DAY + DAY);
    for session in [&ahead, &behind] {
        session
            .get("/api/v1/session")
            .await
            .problem(ErrorCode::NotSignedIn);
    }
    assert_eq!(app.sign_in().await.get("/api/v1/session").await.status, 200);
}

#[tokio::test]
async fn a_key_lives_by_the_clock_as_it_is_set_and_its_last_use_never_goes_back() {
    let stage = Stage::with_workers(9).await;
    let moment = TimeDelta::minutes(20);
    let expiry = stage.app.now() + moment;
    stage
        .admin
        .patch(&stage.key_path, json!({ "expires_at": expiry }))
        .await;
    stage.app.advance(moment - TimeDelta::microseconds(1));
    stage.placed().await;
    let last_used = stage.last_used().await;
    stage.app.advance(TimeDelta::microseconds(1));
    stage.place(&[]).await.problem(ErrorCode::ApiKeyExpired);
    stage.app.advance(-moment);
    stage.placed().await;
    assert_eq!(stage.last_used().await, last_used);
    stage.app.advance(moment);
    stage.place(&[]).await.problem(ErrorCode::ApiKeyExpired);
    assert_eq!(stage.host.dialled().len(), 2);
}

#[tokio::test]
async fn a_repeated_request_dials_once_however_the_clock_was_set_within_a_day() {
    let stage = Stage::with_workers(9).await;
    let order = [("idempotency-key", "order-1")];
    let first: PlacedCall = stage.place(&order).await.json();
    for hours in [-30, 30, 23, -46] {
        stage.app.advance(TimeDelta::hours(hours));
        let again = stage.place(&order).await;
        assert_eq!(again.header("idempotent-replayed"), Some("true"));
        assert_eq!(again.json::<PlacedCall>().call_id, first.call_id);
    }
    assert_eq!(stage.host.dialled().len(), 1);
}

#[tokio::test]
async fn a_clock_that_is_days_ahead_for_a_moment_forgets_no_request() {
    let stage = Stage::with_workers(9).await;
    let order = [("idempotency-key", "order-1")];
    let first: PlacedCall = stage.place(&order).await.json();
    let repeat = async || stage.place(&order).await.json::<PlacedCall>().call_id;
    for leap in [DAY * 3, DAY * -3, DAY * 400, DAY * -400] {
        stage.app.advance(leap);
        stage.app.pass_hours(1).await;
        assert_eq!(repeat().await, first.call_id, "{leap}");
    }
    assert_eq!(stage.host.dialled().len(), 1);
    // By a clock that was not set, it is forgotten after two days.
    stage.app.pass_hours(44).await;
    assert_eq!(repeat().await, first.call_id);
    stage.app.pass_hours(3).await;
    assert_ne!(repeat().await, first.call_id);
}

#[tokio::test]
async fn a_repeated_request_dials_once_however_long_the_call_waits() {
    let stage = Stage::with(1, "queue_minutes = 10080\n").await;
    stage.host.take(1);
    stage.until_room(0).await;
    let order = [("prefer", "respond-async"), ("idempotency-key", "order-1")];
    let first: PlacedCall = stage.place(&order).await.json();
    for _ in 0..6 {
        stage.app.pass_hours(24).await;
        assert_eq!(stage.place(&order).await.json::<PlacedCall>(), first);
    }
    stage.host.take(0);
    stage.until_status(first.call_id, CallStatus::Accepted).await;
    stage.app.pass_hours(24).await;
    assert_eq!(stage.place(&order).await.json::<PlacedCall>(), first);
    assert_eq!(stage.host.dialled().len(), 1);
}

#[tokio::test]
async fn calls_that_wait_are_dialled_when_there_is_room_although_the_clock_was_set_back() {
    let stage = Stage::with_workers(3).await;
    stage.host.take(3);
    stage.until_room(0).await;
    stage.app.advance(DAY);
    let mut waiting = Vec::new();
    for _ in 0..2 {
        let answer = stage.place(&[("prefer", "respond-async")]).await;
        waiting.push(answer.json::<PlacedCall>().call_id);
        stage.app.advance(-DAY);
    }
    stage.host.take(0);
    let dialled = waiting
        .iter()
        .map(|call| stage.until_status(*call, CallStatus::Accepted));
    join_all(dialled).await;
    assert_eq!(stage.host.dialled().len(), 2);
}

#[tokio::test]
async fn a_call_that_is_being_dialled_is_settled_however_the_clock_is_set_meanwhile() {
    for leap in [DAY, -DAY] {
        let stage = Stage::with_workers(2).await;
        stage.host.on_dial(Behaviour::Held);
        let set = async {
            stage.host.until_dialled(1).await;
            stage.app.advance(leap);
            stage.host.let_go();
        };
        let (call, ()) = tokio::join!(stage.placed(), set);
        stage.until_status(call, CallStatus::Accepted).await;
        stage.host.on_dial(Behaviour::Honest);
        stage.placed().await;
    }
}

#[tokio::test]
async fn the_list_holds_every_call_once_although_the_clock_was_set_back() {
    let stage = Stage::with_workers(9).await;
    let mut placed = Vec::new();
    for hours in [1, -2, 1, 0, -1] {
        stage.app.advance(TimeDelta::hours(hours));
        placed.push(stage.placed().await);
    }
    let mut listed = Vec::new();
    let mut next = Some("/api/v1/calls?limit=2".to_owned());
    while let Some(path) = next {
        let page: CallPage = stage.key.get(&path).await.json();
        listed.extend(page.items.iter().map(|call| call.call_id));
        next = page
            .next_cursor
            .map(|cursor| format!("/api/v1/calls?limit=2&cursor={cursor}"));
    }
    placed.sort_unstable();
    listed.sort_unstable();
    assert_eq!(listed, placed);
}
