//! A key that is revoked while it is in use: recorded, and checked against every order in which it can have happened.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use chrono::{DateTime, TimeDelta, Utc};
use ori_fleet::fake_host::{FakeHost, Script};
use ori_shared::api_key::CreatedApiKey;
use ori_store::CallQuery;
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::task::JoinSet;

use ori_fixtures::linearizability::Recorder;
use ori_fixtures::{Answer, Caller as _, KeyHolder, Place, SignedIn, TestApp, send};
use ori_fixtures::{DIALOUT, SECRET, until};

/// Number of concurrent clients.
const CROWD: usize = 6;
/// Number of responses between two changes of the key.
const PER_TURN: usize = 12;

/// A server with a scripted voice host.
struct Stage {
    app: TestApp,
    admin: SignedIn,
    host: FakeHost,
}

/// A key, and what happened to it.
struct Watched {
    path: String,
    holder: KeyHolder,
    recorder: Recorder,
}

impl Stage {
    async fn new() -> Self {
        let script = Script {
            workers: 500,
            ..Script::default()
        };
        let host = FakeHost::start(script, Box::new(StdRng::seed_from_u64(5)))
            .await
            .unwrap();
        let options = format!(
            "fleet_urls = '{}'\nfleet_secret = '{SECRET}'\ntrusted_proxies = 1\n",
            host.url()
        );
        let app = TestApp::with(&options).await;
        let admin = app.admin().await;
        let stage = Self { app, admin, host };
        until(async || stage.admin.get("/api/v1/fleet/status").await.value()["available"] == 500).await;
        stage
    }

    async fn key(&self) -> Arc<Watched> {
        let CreatedApiKey { key, view } = self.admin.create_key("CRM").await;
        Arc::new(Watched {
            path: format!("/api/v1/api-keys/{}", view.id),
            holder: self.app.anonymous().with_key(&key, Place::Header),
            recorder: Recorder::new(),
        })
    }

    async fn change(&self, key: &Watched, body: Value) {
        let answer = self.admin.patch(&key.path, body).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
    }

    /// Returns the number of calls that were recorded since then.
    async fn recorded(&self, since: DateTime<Utc>) -> usize {
        let query = CallQuery {
            from: Some(since),
            limit: 1_000,
            ..CallQuery::default()
        };
        self.app.store.list_calls(query).await.unwrap().0.len()
    }

    /// Lets a crowd use the key, or the keys as they come, for as long as `changes` takes.
    async fn under_load(&self, key: &watch::Receiver<Arc<Watched>>, changes: impl Future<Output = ()>) {
        let mut crowd = JoinSet::new();
        for _ in 0..CROWD {
            let keys = key.clone();
            crowd.spawn(async move {
                let mut before = keys.borrow().clone();
                loop {
                    let current = keys.borrow().clone();
                    current.use_it().await;
                    // A key that was replaced goes on being tried for a moment.
                    if !Arc::ptr_eq(&before, &current) {
                        before.use_it().await;
                        before = current;
                    }
                }
            });
        }
        tokio::select! {
            () = changes => {}
            broken = crowd.join_next() => panic!("somebody in the crowd stopped: {broken:?}"),
        }
        crowd.shutdown().await;
    }
}

impl Watched {
    async fn use_it(&self) {
        let call = json!({"bot_id": "bot", "to_number": "+919876543210"});
        let dialout = self.holder.request(Method::POST, DIALOUT).json(&call);
        let whoami = self.holder.request(Method::GET, "/api/v1/auth/whoami");
        for (how, request) in [("dialout", dialout), ("whoami", whoami)] {
            // From another address each time, so that no client is throttled for trying a revoked key.
            let request = request.header("x-forwarded-for", another_address());
            self.recorder
                .look(how, async { accepts(&send(request).await) })
                .await;
        }
    }

    /// Checks that the history is linearizable. Returns the number of changes and of requests.
    fn check(&self) -> (usize, usize) {
        let history = self.recorder.history();
        let verdict = history.check();
        assert_eq!(verdict, Ok(()), "{:?}", history.turns);
        (history.turns.len(), history.looks.len())
    }
}

fn another_address() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0x0a00_0000);
    std::net::Ipv4Addr::from(NEXT.fetch_add(1, Ordering::Relaxed)).to_string()
}

/// Whether the key was accepted, whatever became of the call.
fn accepts(answer: &Answer) -> bool {
    match answer.verdict().as_str() {
        "200" | "503 no_capacity" => true,
        "401 invalid_api_key" | "403 api_key_inactive" | "403 api_key_expired" => false,
        other => panic!("neither accepted nor refused: {other}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_that_is_switched_off_and_on_under_load_works_exactly_while_it_is_on() {
    let stage = Stage::new().await;
    let key = stage.key().await;
    let (_sender, keys) = watch::channel(key.clone());
    let changes = async {
        for _ in 0..150 {
            let last_round = stage.app.now();
            stage.app.advance(TimeDelta::seconds(1));
            let off = stage.change(&key, json!({"is_active": false}));
            key.recorder.turn(false, off).await;
            // What was accepted, was recorded before this was answered: nothing in flight slips in after it.
            let recorded = stage.recorded(last_round).await;
            key.recorder.until_more_looks(PER_TURN).await;
            assert_eq!(
                stage.recorded(last_round).await,
                recorded,
                "a call was recorded too late"
            );
            let on = stage.change(&key, json!({"is_active": true}));
            key.recorder.turn(true, on).await;
            key.recorder.until_more_looks(PER_TURN).await;
            stage.host.end_calls();
        }
    };
    stage.under_load(&keys, changes).await;
    let (turns, looks) = key.check();
    println!(
        "{turns} changes, {looks} requests, {} dialled",
        stage.host.dialled().len()
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_that_is_deleted_under_load_never_works_again_and_its_successor_works_at_once() {
    let stage = Stage::new().await;
    let mut key = stage.key().await;
    let mut all = vec![key.clone()];
    let (sender, keys) = watch::channel(key.clone());
    let changes = async {
        for _ in 0..100 {
            key.recorder.until_more_looks(PER_TURN).await;
            let delete = async {
                assert_eq!(stage.admin.delete(&key.path).await.status, 204);
            };
            key.recorder.turn(false, delete).await;
            key.recorder.until_more_looks(PER_TURN).await;
            key = stage.key().await;
            all.push(key.clone());
            sender.send_replace(key.clone());
            stage.host.end_calls();
        }
    };
    stage.under_load(&keys, changes).await;
    let looks: usize = all.iter().map(|key| key.check().1).sum();
    println!("{} keys, {looks} requests", all.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_whose_expiry_is_edited_under_load_works_exactly_until_it_has_passed() {
    let stage = Stage::new().await;
    let key = stage.key().await;
    let (_sender, keys) = watch::channel(key.clone());
    let minute = TimeDelta::minutes(1);
    let changes = async {
        for round in 0..100 {
            // Put off, or taken away: it works (again).
            let expiry = (round % 4 != 3).then(|| stage.app.now() + minute);
            key.recorder
                .turn(true, stage.change(&key, json!({"expires_at": expiry})))
                .await;
            key.recorder.until_more_looks(PER_TURN).await;
            let passes = async { stage.app.advance(minute) };
            key.recorder.turn(expiry.is_none(), passes).await;
            key.recorder.until_more_looks(PER_TURN).await;
            stage.host.end_calls();
        }
    };
    stage.under_load(&keys, changes).await;
    let (turns, looks) = key.check();
    println!("{turns} changes, {looks} requests");
}
