//! Two replicas on one database, in front of the same voice host.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use ori_fleet::fake_host::{FakeHost, Script};
use ori_shared::error_code::ErrorCode;
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use reqwest::Method;
use serde_json::json;

use ori_fixtures::{Caller as _, Engine, KeyHolder, Place, SignedIn, TestApp, send};
use ori_fixtures::{DIALOUT, SECRET, until};

/// Capacity of the host.
const ROOM: u16 = 8;

struct Stage {
    host: FakeHost,
    _replicas: [TestApp; 2],
    admins: [SignedIn; 2],
    callers: [KeyHolder; 2],
}

impl Stage {
    async fn new() -> Self {
        let script = Script {
            workers: ROOM,
            ..Script::default()
        };
        let host = FakeHost::start(script, Box::new(StdRng::seed_from_u64(5)))
            .await
            .unwrap();
        let options = format!("fleet_urls = '{}'\nfleet_secret = '{SECRET}'\n", host.url());
        let one = TestApp::on(Engine::postgres().await, &options).await;
        let other = beside(&one, &options).await;
        let admins = [one.sign_in().await, other.sign_in().await];
        // What is made on one replica holds on the other at once.
        let key = admins[0].create_key("CRM").await.key;
        let stage = Self {
            callers: [
                one.anonymous().with_key(&key, Place::Header),
                other.anonymous().with_key(&key, Place::Header),
            ],
            admins,
            _replicas: [one, other],
            host,
        };
        stage.until_room().await;
        stage
    }

    /// Both replicas know that the host is empty.
    async fn until_room(&self) {
        for admin in &self.admins {
            until(async || {
                self.host.end_calls();
                admin.get("/api/v1/fleet/status").await.value()["available"] == u64::from(ROOM)
            })
            .await;
        }
    }

    /// Returns the number of requests to dial that the host received, and of those that it accepted.
    fn asked_and_dialled(&self) -> (usize, usize) {
        let requests = self.host.requests();
        let asked = requests
            .iter()
            .filter(|request| request.path == "/livekit/dialout")
            .count();
        (asked, self.host.dialled().len())
    }

    async fn place(&self, number: usize, prefer: &str) -> u16 {
        let caller = &self.callers[number % 2];
        let request = caller
            .request(Method::POST, DIALOUT)
            .header("prefer", prefer)
            .json(&json!({"bot_id": "bot", "to_number": "+919876543210"}));
        send(request).await.status
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn replicas_together_ask_a_host_for_no_more_calls_than_it_has_room_for() {
    let stage = Stage::new().await;
    for round in 1..=5 {
        let told = join_all((0..40).map(|number| stage.place(number, "wait=60"))).await;
        assert!(told.iter().all(|status| matches!(status, 200 | 503)), "{told:?}");
        let dialled = told.iter().filter(|status| **status == 200).count();
        assert!(
            (1..=usize::from(ROOM)).contains(&dialled),
            "round {round}: {dialled}"
        );
        // No capacity is lost: further requests fill it.
        until(async || {
            stage.place(round, "wait=60").await;
            stage.host.running() == usize::from(ROOM)
        })
        .await;
        let (asked, dialled) = stage.asked_and_dialled();
        assert_eq!(asked, dialled, "the host had to turn a call away");
        stage.until_room().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_waiting_call_is_dialled_by_one_replica() {
    let stage = Stage::new().await;
    let told = join_all((0..60).map(|number| stage.place(number, "respond-async"))).await;
    assert!(told.iter().all(|status| *status == 202), "{told:?}");
    until(async || {
        stage.host.end_calls();
        stage.host.dialled().len() >= 60
    })
    .await;
    let left = stage.admins[1].get("/api/v1/calls?status=queued").await.value();
    assert_eq!(left["items"].as_array().map(Vec::len), Some(0));
    let calls: BTreeSet<String> = stage
        .host
        .dialled()
        .iter()
        .map(|dial| dial.connected_event["ori_call_id"].clone())
        .collect();
    assert_eq!((calls.len(), stage.asked_and_dialled()), (60, (60, 60)));
}

#[tokio::test]
async fn a_set_up_link_works_on_whichever_replica_is_asked_and_once() {
    let one = TestApp::build("", Engine::postgres().await.into(), 23).await;
    let other = beside(&one, "").await;
    let set_up = async |on: &TestApp, link: &TestApp| {
        let (_, token) = link.setup_url.as_deref().unwrap().split_once('#').unwrap();
        let who = json!({"token": token, "email": "ada@example.com", "password": "correct horse"});
        on.anonymous().post("/api/v1/setup", who).await
    };
    assert_eq!(set_up(&other, &one).await.status, 201);
    set_up(&one, &other).await.problem(ErrorCode::SetupLinkInvalid);
    set_up(&one, &one).await.problem(ErrorCode::SetupLinkInvalid);
}

/// Another server on the same database.
async fn beside(one: &TestApp, options: &str) -> TestApp {
    TestApp::build(options, one.engine.clone(), 24).await
}
