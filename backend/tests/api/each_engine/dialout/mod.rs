//! Dialouts: records, attempts and responses. Only the voice fleet is a fake, behind a socket.

mod bodies;
mod keys;
mod never_twice;
mod placing;
mod queue;
mod results;

use ori_fleet::fake_host::{FakeHost, Script};
use ori_shared::call::{CallStatus, CallView, PlacedCall};
use ori_shared::fleet::FleetStatus;
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use reqwest::Method;
use serde_json::{Value, json};

use ori_fixtures::{Answer, Caller, DIALOUT, KeyHolder, Place, SECRET, SignedIn, TestApp, send, until};

/// A server, its admin, a key, and a scripted voice host with so many workers.
struct Stage {
    app: TestApp,
    admin: SignedIn,
    key_id: uuid::Uuid,
    key: KeyHolder,
    host: FakeHost,
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
        let host = start_host(script).await;
        let options = fleet_options(&host);
        let stage = Self::on(host, &options).await;
        stage.until_room(workers.into()).await;
        stage
    }

    /// A server with two hosts of so many workers; the second host is returned apart.
    async fn with_two_hosts(first: u16, second: u16) -> (Self, FakeHost) {
        let host_of = |workers| {
            start_host(Script {
                workers,
                ..Script::default()
            })
        };
        let (host, other) = (host_of(first).await, host_of(second).await);
        let urls = format!("{},{}", host.url(), other.url());
        let options = format!("fleet_urls = '{urls}'\nfleet_secret = '{SECRET}'\n");
        let stage = Self::on(host, &options).await;
        stage.until_room((first + second).into()).await;
        (stage, other)
    }

    async fn on(host: FakeHost, options: &str) -> Self {
        let app = TestApp::with(options).await;
        let admin = app.admin().await;
        let created = admin.create_key("CRM").await;
        let key = app.anonymous().with_key(&created.key, Place::Header);
        Self {
            app,
            admin,
            key_id: created.view.id,
            key,
            host,
        }
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

    async fn report_text(&self, body: String) -> Answer {
        let worker = self.app.anonymous().with_fleet_secret(SECRET);
        worker.post_text("/api/v1/call-results", body).await
    }
}

async fn start_host(script: Script) -> FakeHost {
    let random = Box::new(StdRng::seed_from_u64(5));
    FakeHost::start(script, random).await.unwrap()
}

fn fleet_options(host: &FakeHost) -> String {
    format!("fleet_urls = '{}'\nfleet_secret = '{SECRET}'\n", host.url())
}

fn body() -> Value {
    json!({"bot_id": "bot", "to_number": "+919876543210"})
}
