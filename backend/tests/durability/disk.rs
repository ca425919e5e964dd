//! The disk fills up during an attempt: the outcome is recorded when there is space.

use ori_fleet::fake_host::{Behaviour, FakeHost, Script};
use ori_shared::call::{CallPage, CallStatus, PlacedCall};
use ori_shared::error_code::ErrorCode;
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use ori_fixtures::{
    ADMIN_EMAIL, ADMIN_PASSWORD, Answer, Caller as _, Disk, KeyHolder, Place, Process, SignedIn, send,
};
use ori_fixtures::{DIALOUT, SECRET, until};

struct Stage {
    server: Process,
    admin: SignedIn,
    key: KeyHolder,
    host: FakeHost,
}

impl Stage {
    async fn new() -> Self {
        let script = Script {
            workers: 1,
            ..Script::default()
        };
        let host = FakeHost::start(script, Box::new(StdRng::seed_from_u64(5)))
            .await
            .unwrap();
        // It says for good that it has room, so that it is asked whatever it answers.
        host.on_health(Behaviour::lying(&health(1)));
        host.on_dial(Behaviour::Held);
        let server = Process::serve_on_a_disk_that_fills(&[
            ("ORI_ADMIN_EMAIL", ADMIN_EMAIL),
            ("ORI_ADMIN_PASSWORD", ADMIN_PASSWORD),
            ("ORI_FLEET_URLS", host.url().as_str()),
            ("ORI_FLEET_SECRET", SECRET),
        ]);
        let admin = server.admin().await;
        let key = admin.create_key("CRM").await.key;
        let stage = Self {
            key: server.anonymous().with_key(&key, Place::Header),
            server,
            admin,
            host,
        };
        stage.until_room(1).await;
        stage
    }

    async fn until_room(&self, available: u64) {
        until(async || self.admin.get("/api/v1/fleet/status").await.value()["available"] == available).await;
    }

    fn order(&self) -> RequestBuilder {
        let body = json!({"bot_id": "bot", "to_number": "+919876543210"});
        self.key.request(Method::POST, DIALOUT).json(&body)
    }

    async fn place(&self) -> Answer {
        send(self.order().header("idempotency-key", "case-1")).await
    }

    /// Places a call while the disk is full from the attempt to the response.
    async fn place_as_the_disk_fills(&self) -> Answer {
        let asked = self.host.requests().len();
        let fill = async {
            until(async || {
                let requests = self.host.requests();
                requests[asked..].iter().any(|request| request.method == "POST")
            })
            .await;
            self.server.fill_disk(Disk::Full);
            self.host.let_go();
        };
        let (answer, ()) = futures_util::future::join(self.place(), fill).await;
        self.server.fill_disk(Disk::Free);
        answer
    }

    async fn only_call(&self) -> Value {
        let calls = self.admin.get("/api/v1/calls").await;
        assert_eq!(calls.json::<CallPage>().items.len(), 1);
        calls.value()["items"][0].clone()
    }
}

/// A host of one worker, which is free or not.
fn health(available: u64) -> String {
    json!({"status": "ok", "fleet_calls": 1 - available, "fleet_max": 1, "fleet_available": available, "workers": []})
        .to_string()
}

#[tokio::test]
async fn an_acceptance_that_could_not_be_written_down_is_written_down_later() {
    let stage = Stage::new().await;
    let answer = stage.place_as_the_disk_fills().await;
    let problem = answer.problem(ErrorCode::OutcomeUnknown);
    until(async || stage.only_call().await["status"] == CallStatus::Accepted.as_str()).await;
    let again: PlacedCall = stage.place().await.json();
    assert_eq!(Some(again.call_id), problem.call_id);
    assert_eq!(stage.host.dialled().len(), 1);
}

#[tokio::test]
async fn a_call_that_nobody_dialled_is_given_up_once_that_can_be_written_down() {
    let stage = Stage::new().await;
    stage.host.take(1);
    let answer = stage.place_as_the_disk_fills().await;
    answer.problem(ErrorCode::DatabaseUnavailable);
    until(async || stage.only_call().await["status"] == CallStatus::Refused.as_str()).await;
    let refused = stage.only_call().await["call_id"].clone();
    stage.host.take(0);
    stage.host.on_dial(Behaviour::Honest);
    // The host that rejected the call gets another attempt after it has reported capacity again.
    until(async || stage.place().await.status == 200).await;
    let again: PlacedCall = stage.place().await.json();
    assert_ne!(json!(again.call_id), refused);
    assert_eq!(stage.host.dialled().len(), 1);
}

// With threads to spare for the voice host: reading the log blocks one.
#[tokio::test(flavor = "multi_thread")]
async fn a_waiting_call_whose_start_could_not_be_written_down_is_dialled_once() {
    let mut stage = Stage::new().await;
    stage.host.on_dial(Behaviour::Honest);
    stage.host.on_health(Behaviour::lying(&health(0)));
    stage.until_room(0).await;
    let waiting = send(stage.order().header("prefer", "respond-async")).await;
    assert_eq!(waiting.status, 202, "{}", waiting.text());
    stage.server.fill_disk(Disk::Full);
    stage.host.on_health(Behaviour::lying(&health(1)));
    stage
        .server
        .stderr
        .until("cannot record the status of a call; will retry");
    assert_eq!(stage.host.dialled().len(), 0);
    stage.server.fill_disk(Disk::Free);
    until(async || stage.only_call().await["status"] == CallStatus::Accepted.as_str()).await;
    assert_eq!(stage.host.dialled().len(), 1);
}
