//! The replicated set-up of `docs/replicated`, as it stands there: three replicas behind HAProxy, on PostgreSQL with a
//! synchronous standby. What goes wrong here is what goes wrong in service; what must stay true is checked afterwards.

#![expect(clippy::unwrap_used, reason = "in a test, a panic is the report")]

mod crm;
mod setup;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use ori_fleet::fake_host::{FakeHost, Script};
use ori_shared::call::{CallPage, CallStatus, CallView};
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use reqwest::Method;
use rustix::process::Signal;
use serde_json::json;
use tokio::task::JoinSet;

use crm::Crm;
use ori_fixtures::linearizability::Recorder;
use ori_fixtures::{
    ADMIN_EMAIL, ADMIN_PASSWORD, Anonymous, Caller as _, DIALOUT, KeyHolder, Place, SECRET, SignedIn,
    http_client,
};
use setup::{Cluster, PATIENCE};

const ROOM: u16 = 40;

/// The set-up, a voice host, and a key that is switched off and on while it is used.
struct Stage {
    cluster: Cluster,
    host: Arc<FakeHost>,
    admin: SignedIn,
    crm: Arc<Crm>,
    switched: String,
    holder: Arc<KeyHolder>,
    session: String,
    recorder: Arc<Recorder>,
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
        let cluster = Cluster::start(&[
            ("ORI_ADMIN_EMAIL", ADMIN_EMAIL),
            ("ORI_ADMIN_PASSWORD", ADMIN_PASSWORD),
            ("ORI_FLEET_URLS", host.url().as_str()),
            ("ORI_FLEET_SECRET", SECRET),
        ]);
        until_steady(&cluster.url).await;
        let anonymous = Anonymous::new(http_client(), &cluster.url);
        let answer = anonymous.sign_in(ADMIN_EMAIL, ADMIN_PASSWORD).await;
        let session = answer.session_cookie();
        let admin = SignedIn::new(anonymous.clone(), session.clone());
        let switched = admin.create_key("Switched").await;
        let steady = admin.create_key("Steady").await;
        Self {
            holder: Arc::new(anonymous.clone().with_key(&switched.key, Place::Header)),
            crm: Arc::new(Crm::new(anonymous.with_key(&steady.key, Place::Header))),
            switched: format!("/api/v1/api-keys/{}", switched.view.id),
            recorder: Arc::new(Recorder::new()),
            host: Arc::new(host),
            cluster,
            session,
            admin,
        }
    }

    /// The tasks that send requests, until the set is dropped.
    fn load(&self) -> JoinSet<()> {
        let mut load = JoinSet::new();
        for _ in 0..3 {
            load.spawn(self.crm.clone().place_for_ever());
            load.spawn(use_for_ever(self.holder.clone(), self.recorder.clone()));
        }
        let host = self.host.clone();
        load.spawn(async move {
            loop {
                tokio::time::sleep(Duration::from_millis(100)).await;
                host.end_calls();
            }
        });
        load
    }

    /// Switches the key, again and again until that was answered: what fails may or may not have been done.
    async fn switch(&self, is_active: bool) {
        let body = json!({ "is_active": is_active });
        let by = async {
            until(async || {
                let request = self.admin.request(Method::PATCH, &self.switched).json(&body);
                request.send().await.is_ok_and(|answer| answer.status() == 200)
            })
            .await;
        };
        self.recorder.turn(is_active, by).await;
    }

    /// Switches the key off and on while it is used; each time it is used a little.
    async fn switch_off_and_on(&self, times: u32) {
        for _ in 0..times {
            for is_active in [false, true] {
                self.switch(is_active).await;
                self.recorder.until_more_looks(8).await;
            }
        }
    }

    async fn calls(&self, status: CallStatus) -> Option<BTreeSet<String>> {
        let path = format!("/api/v1/calls?limit=1000&status={}", status.as_str());
        let answer = self.admin.request(Method::GET, &path).send().await.ok()?;
        let page: CallPage = answer.json().await.ok()?;
        Some(page.items.iter().map(|call| call.call_id.to_string()).collect())
    }

    /// Waits until no call is in progress: orphaned calls have been recovered.
    async fn until_settled(&self) {
        for status in [CallStatus::Queued, CallStatus::Reserved, CallStatus::Sent] {
            until(async || self.calls(status).await.is_some_and(|calls| calls.is_empty())).await;
        }
    }

    /// The promises.
    async fn check(&self) {
        let history = self.recorder.history();
        assert_eq!(history.check(), Ok(()), "{:?}", history.turns);
        let dialled = self.host.dialled();
        let calls: BTreeSet<_> = dialled
            .iter()
            .map(|dial| &dial.connected_event["ori_call_id"])
            .collect();
        let orders: BTreeSet<_> = dialled
            .iter()
            .map(|dial| &dial.connected_event["order"])
            .collect();
        assert_eq!(
            (calls.len(), orders.len()),
            (dialled.len(), dialled.len()),
            "dialled twice"
        );
        let acknowledged = self.crm.acknowledged();
        for call in &acknowledged {
            let answer = self.admin.get(&format!("/api/v1/calls/{call}")).await;
            assert_eq!(answer.status, 200, "{call} is lost");
            assert_eq!(answer.json::<CallView>().status, CallStatus::Accepted);
            assert!(calls.contains(&call.to_string()), "{call} was never dialled");
        }
        println!(
            "{} turns, {} looks, {} calls acknowledged, {} dialled",
            history.turns.len(),
            history.looks.len(),
            acknowledged.len(),
            dialled.len()
        );
    }

    /// Every replica gives the host as many calls as it has room for.
    async fn check_no_room_is_lost(&self) {
        for port in self.cluster.replicas() {
            let there = Anonymous::new(http_client(), &format!("http://127.0.0.1:{port}"));
            let admin = SignedIn::new(there, self.session.clone());
            until(async || {
                self.host.end_calls();
                let status = admin.get("/api/v1/fleet/status").await;
                status.value()["available"] == u64::from(ROOM)
            })
            .await;
        }
    }
}

async fn use_for_ever(holder: Arc<KeyHolder>, recorder: Arc<Recorder>) {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    loop {
        let order = format!("switched-{}", NEXT.fetch_add(1, Ordering::SeqCst));
        let call = json!({"bot_id": "bot", "to_number": "+919876543210", "variables": {"order": order}});
        let dialout = holder.request(Method::POST, DIALOUT).json(&call);
        recorder.look_if("dialout", accepts(dialout)).await;
        recorder
            .look_if(
                "whoami",
                accepts(holder.request(Method::GET, "/api/v1/auth/whoami")),
            )
            .await;
    }
}

/// Returns whether the key was accepted, or `None` if the response does not show it or was lost.
async fn accepts(request: reqwest::RequestBuilder) -> Option<bool> {
    let answer = request.send().await.ok()?;
    let status = answer.status().as_u16();
    let body = answer.text().await.ok()?;
    match status {
        200 => Some(true),
        503 if body.contains("no_capacity") => Some(true),
        401 | 403 => Some(false),
        _ => None,
    }
}

/// A balancer that has just come up may find its replicas well, then not, then well again while they start: waits until
/// it has asked each of them more than once with no break.
async fn until_steady(url: &str) {
    let client = http_client();
    let is_ready = async || {
        let answer = client.get(format!("{url}/readyz")).send().await;
        answer.is_ok_and(|answer| answer.status() == 200)
    };
    until(async || {
        for _ in 0..40 {
            if !is_ready().await {
                return false;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        true
    })
    .await;
}

/// Looks again until it is so.
async fn until(condition: impl AsyncFn() -> bool) {
    let patience = tokio::time::timeout(PATIENCE, async {
        while !condition().await {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    });
    patience.await.expect("what was waited for did not come about");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_part_fails_no_promise_is_broken() {
    let stage = Stage::new().await;
    let load = stage.load();
    stage.switch_off_and_on(5).await;

    for replica in 1..=3 {
        stage.cluster.run(&["stop", &replica.to_string()]).await;
        stage.switch_off_and_on(1).await;
        stage.cluster.run(&["start", &replica.to_string()]).await;
    }
    let beyond = stage.crm.beyond_unavailable();
    assert!(beyond.is_empty(), "during a rolling restart: {beyond:?}");

    stage.cluster.signal(1, Signal::KILL);
    stage.switch_off_and_on(3).await;
    stage.cluster.signal(2, Signal::STOP);
    let stopped = tokio::time::Instant::now();
    while stopped.elapsed() < Duration::from_secs(30) {
        stage.switch_off_and_on(1).await;
    }
    stage.cluster.signal(2, Signal::CONT);
    stage.switch_off_and_on(3).await;
    stage.cluster.run(&["start", "1"]).await;

    stage.cluster.run(&["restart-database"]).await;
    stage.switch_off_and_on(3).await;
    stage.cluster.run(&["promote"]).await;
    stage.switch_off_and_on(3).await;

    drop(load);
    stage.until_settled().await;
    stage.check().await;
    stage.check_no_room_is_lost().await;
}
