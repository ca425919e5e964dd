//! The server is killed repeatedly while calls end. The receiver survives and remembers the events that it received.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ori_fleet::fake_host::{FakeHost, Script};
use ori_shared::call::{CallPage, CallStatus, PlacedCall};
use ori_shared::webhook::{CallEventType, CreatedWebhook};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use reqwest::Method;
use serde_json::json;
use tempfile::TempDir;
use tokio::task::JoinSet;
use uuid::Uuid;

use ori_fixtures::{
    ADMIN_EMAIL, ADMIN_PASSWORD, Anonymous, Caller as _, KeyHolder, Place, Process, Reaction, Receiver,
    SignedIn,
};
use ori_fixtures::{DIALOUT, SECRET, until};

const ROUNDS: u32 = 10;
const WORKERS: u16 = 200;
const CLIENTS: usize = 4;
/// Longer than an attempt that died with its server keeps its event to itself.
const PATIENCE: Duration = Duration::from_secs(150);

/// State that survives the server.
struct Stage {
    folder: Arc<TempDir>,
    host: FakeHost,
    receiver: Receiver,
    key: String,
    secret: String,
    session: String,
    calls: Arc<Mutex<Calls>>,
}

/// The calls that were placed.
#[derive(Default)]
struct Calls {
    /// No result was acknowledged yet.
    open: BTreeSet<Uuid>,
    ended: BTreeSet<Uuid>,
}

impl Stage {
    async fn new() -> Self {
        let script = Script {
            workers: WORKERS,
            ..Script::default()
        };
        let host = FakeHost::start(script, Box::new(StdRng::seed_from_u64(5)))
            .await
            .unwrap();
        let mut stage = Self {
            folder: Arc::new(tempfile::tempdir().unwrap()),
            host,
            receiver: Receiver::start(),
            key: String::new(),
            secret: String::new(),
            session: String::new(),
            calls: Arc::default(),
        };
        let server = stage.start();
        let answer = server.anonymous().sign_in(ADMIN_EMAIL, ADMIN_PASSWORD).await;
        stage.session = answer.cookie("ori_session").value().to_owned();
        let admin = stage.admin(&server);
        let created = admin.create_key("CRM").await;
        let hook = format!("/api/v1/api-keys/{}/webhook", created.view.id);
        let set = admin.put(&hook, json!({"url": stage.receiver.url()})).await;
        stage.secret = set.json::<CreatedWebhook>().secret;
        stage.key = created.key;
        stage
    }

    /// A server that listens. To drop it is to kill it (SIGKILL).
    fn start(&self) -> Process {
        let url = self.host.url();
        let mut command = Process::command(&[
            ("ORI_ADMIN_EMAIL", ADMIN_EMAIL),
            ("ORI_ADMIN_PASSWORD", ADMIN_PASSWORD),
            ("ORI_FLEET_URLS", url.as_str()),
            ("ORI_FLEET_SECRET", SECRET),
            ("ORI_WEBHOOK_PRIVATE_NETWORKS", "127.0.0.0/8"),
        ]);
        command.arg("serve");
        Process::start_in(self.folder.clone(), command)
    }

    fn admin(&self, server: &Process) -> SignedIn {
        SignedIn::new(server.anonymous(), format!("ori_session={}", self.session))
    }

    /// Starts the next server, with capacity, and repeats every report that was not acknowledged.
    async fn restart(&self) -> Process {
        until(async || {
            self.host.end_calls();
            self.host.running() == 0
        })
        .await;
        let server = self.start();
        let admin = self.admin(&server);
        until(async || admin.get("/api/v1/fleet/status").await.value()["available"] == WORKERS).await;
        let open = self.calls.lock().unwrap().open.clone();
        for call in open {
            let worker = server.anonymous();
            until(async || report(&worker, call).await.is_ok_and(|status| status == 200)).await;
            let mut calls = self.calls.lock().unwrap();
            calls.open.remove(&call);
            calls.ended.insert(call);
        }
        server
    }

    /// Lets calls take place until so many more have ended, or so many more events have come.
    async fn load_and_kill(&self, server: Process, more: usize, counts_events: bool) {
        let count = || {
            if counts_events {
                self.receiver.received().len()
            } else {
                self.calls.lock().unwrap().ended.len()
            }
        };
        let goal = count() + more;
        let mut clients = JoinSet::new();
        for _ in 0..CLIENTS {
            let holder = server.anonymous().with_key(&self.key, Place::Header);
            clients.spawn(call_until_gone(holder, server.anonymous(), self.calls.clone()));
        }
        until(async || count() >= goal).await;
        drop(server);
        while let Some(ended) = clients.join_next().await {
            ended.unwrap();
        }
    }

    /// Returns the expected events of each call, by its status.
    async fn expected(&self, server: &Process) -> BTreeMap<Uuid, CallEventType> {
        let admin = self.admin(server);
        let first = "/api/v1/calls?limit=1000".to_owned();
        let ended = self.calls.lock().unwrap().ended.clone();
        let mut expected = BTreeMap::new();
        let mut next = Some(first.clone());
        while let Some(path) = next {
            let page: CallPage = admin.get(&path).await.json();
            for call in page.items {
                let event = match call.status {
                    CallStatus::Completed => CallEventType::Completed,
                    CallStatus::Unknown => CallEventType::Unknown,
                    CallStatus::Refused if call.reason.as_deref() == Some("interrupted") => {
                        CallEventType::Refused
                    }
                    // The request was answered with the refusal.
                    CallStatus::Refused => continue,
                    // The response was lost in a crash, so that no report has ended the call.
                    CallStatus::Accepted if !ended.contains(&call.call_id) => continue,
                    other => panic!("{} stands at {other:?}", call.call_id),
                };
                expected.insert(call.call_id, event);
            }
            next = page.next_cursor.map(|cursor| format!("{first}&cursor={cursor}"));
        }
        expected
    }

    /// Returns the events that the receiver accepted, without repetitions.
    fn told(&self) -> BTreeMap<Uuid, CallEventType> {
        let mut bodies = BTreeMap::new();
        let mut told = BTreeMap::new();
        for received in self.receiver.received() {
            assert!(received.is_signed_with(&self.secret));
            if !received.is_answered {
                continue;
            }
            let event = received.event();
            let first = bodies
                .entry(received.id.clone())
                .or_insert_with(|| received.body.clone());
            assert_eq!(*first, received.body, "an event came in two versions");
            let same = *told.entry(event.data.call_id).or_insert(event.kind);
            assert_eq!(
                same, event.kind,
                "call {} has ended in two ways",
                event.data.call_id
            );
        }
        assert_eq!(bodies.len(), told.len(), "a call's end was told as two events");
        told
    }
}

/// Has one call after another take place until the server is gone.
async fn call_until_gone(holder: KeyHolder, worker: Anonymous, calls: Arc<Mutex<Calls>>) {
    loop {
        let order = json!({"bot_id": "bot", "to_number": "+919876543210"});
        let placed = async {
            let request = holder.request(Method::POST, DIALOUT).json(&order);
            let response = request.send().await?;
            Ok::<_, reqwest::Error>((response.status(), response.bytes().await?))
        };
        let Ok((status, body)) = placed.await else { return };
        if status != 200 {
            continue;
        }
        let call = serde_json::from_slice::<PlacedCall>(&body).unwrap().call_id;
        calls.lock().unwrap().open.insert(call);
        match report(&worker, call).await {
            Ok(200) => {
                let mut calls = calls.lock().unwrap();
                calls.open.remove(&call);
                calls.ended.insert(call);
            }
            Ok(status) => panic!("a result was answered {status}"),
            Err(_) => return,
        }
    }
}

async fn report(worker: &Anonymous, call: Uuid) -> reqwest::Result<u16> {
    let result = json!({"connected_event": {"ori_call_id": call.to_string()}, "disconnected_by": "user"});
    let request = worker
        .with_fleet_secret(SECRET)
        .request(Method::POST, "/api/v1/call-results");
    let response = request.json(&result).send().await?;
    let status = response.status().as_u16();
    response.bytes().await?;
    Ok(status)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn however_often_it_is_killed_the_end_of_each_call_is_told_and_nothing_else() {
    let mut rng = StdRng::seed_from_u64(7);
    let stage = Stage::new().await;
    for _ in 0..ROUNDS {
        let server = stage.restart().await;
        let weather = rng.random_range(0..3);
        if weather == 0 {
            // It gets events and does not say so: the server is killed while it sends them.
            stage.receiver.react(Reaction::Silence);
        }
        let more = rng.random_range(1..=25);
        stage.load_and_kill(server, more, weather == 1).await;
        stage.receiver.answer(204);
    }
    let server = stage.restart().await;
    let expected = stage.expected(&server).await;
    let all_told = async {
        while stage.told() != expected {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let told = tokio::time::timeout(PATIENCE, all_told).await;
    assert!(told.is_ok(), "expected {expected:?}, told {:?}", stage.told());
    let ended = stage.calls.lock().unwrap().ended.clone();
    assert!(ended.iter().all(|call| expected.contains_key(call)));
    println!(
        "{ROUNDS} rounds, {} calls ended, {} events told in {} requests",
        ended.len(),
        expected.len(),
        stage.receiver.received().len()
    );
}
