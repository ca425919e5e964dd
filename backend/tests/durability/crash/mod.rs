//! The server is killed again and again while CRMs place calls. The voice host lives on and knows what was dialled.

mod crm;
mod moment;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use ori_fleet::fake_host::{Behaviour, FakeHost, Script};
use ori_shared::call::{CallPage, CallStatus, CallView};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use tempfile::TempDir;
use tokio::task::JoinSet;
use uuid::Uuid;

use self::crm::Crm;
use self::moment::{Moment, Weather};
use ori_fixtures::{ADMIN_EMAIL, ADMIN_PASSWORD, Caller as _, KeyHolder, Place, Process, SignedIn};
use ori_fixtures::{SECRET, until};

const ROUNDS: u32 = 60;
const WORKERS: u16 = 60;
/// Number of concurrent clients.
const CLIENTS: u64 = 6;

/// One file, one key, and one voice host, which outlive every server.
struct Stage {
    folder: Arc<TempDir>,
    host: FakeHost,
    crm: Arc<Crm>,
    key: String,
    session: String,
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
            crm: Arc::default(),
            key: String::new(),
            session: String::new(),
        };
        let server = stage.start();
        let answer = server.anonymous().sign_in(ADMIN_EMAIL, ADMIN_PASSWORD).await;
        stage.session = answer.cookie("ori_session").value().to_owned();
        stage.key = stage.admin(&server).create_key("CRM").await.key;
        stage
    }

    /// A server that listens. To drop it is to kill it (SIGKILL).
    fn start(&self) -> Process {
        Process::start_in(self.folder.clone(), self.command())
    }

    fn command(&self) -> std::process::Command {
        let url = self.host.url();
        let mut command = Process::command(&[
            ("ORI_ADMIN_EMAIL", ADMIN_EMAIL),
            ("ORI_ADMIN_PASSWORD", ADMIN_PASSWORD),
            ("ORI_FLEET_URLS", url.as_str()),
            ("ORI_FLEET_SECRET", SECRET),
        ]);
        command.arg("serve");
        command
    }

    fn admin(&self, server: &Process) -> SignedIn {
        SignedIn::new(server.anonymous(), format!("ori_session={}", self.session))
    }

    fn holder(&self, server: &Process) -> KeyHolder {
        server.anonymous().with_key(&self.key, Place::Header)
    }

    /// The next server, after a crash: it is ready, has room, and has settled whatever the last one left behind.
    async fn restart(&self) -> Process {
        self.host.on_dial(Behaviour::Honest);
        self.host.let_go();
        self.host.take(0);
        until(async || {
            self.host.end_calls();
            self.host.running() == 0
        })
        .await;
        let server = self.start();
        let admin = self.admin(&server);
        until(async || server.anonymous().get("/readyz").await.status == 200).await;
        until(async || admin.get("/api/v1/fleet/status").await.value()["available"] != 0).await;
        for status in [CallStatus::Queued, CallStatus::Reserved, CallStatus::Sent] {
            until(async || self.all(&server, status).await.is_empty()).await;
        }
        server
    }

    /// Lets clients place calls until that moment, at which the server is killed.
    async fn load_and_kill(&self, server: Process, moment: Moment, rng: &mut StdRng) {
        let answers = self.crm.answers();
        let dialled = self.host.dialled().len();
        let mut clients = JoinSet::new();
        for _ in 0..CLIENTS {
            let client = StdRng::seed_from_u64(rng.random());
            clients.spawn(crm::place_until_gone(
                self.crm.clone(),
                self.holder(&server),
                client,
            ));
        }
        let come = async {
            match moment {
                Moment::Answers(count) => self.crm.until_answers(answers + count).await,
                // If no call is dialled any more, only responses show progress.
                Moment::Dialled(count) => tokio::select! {
                    () = self.host.until_dialled(dialled + count) => {}
                    () = self.crm.until_answers(answers + 60) => {}
                },
            }
        };
        tokio::time::timeout(Duration::from_secs(30), come)
            .await
            .unwrap_or_else(|_| panic!("{moment:?} did not come"));
        drop(server);
        while let Some(ended) = clients.join_next().await {
            ended.unwrap();
        }
    }

    /// Kills a server before it could so much as settle what the last one left behind.
    fn stillborn(&self, rng: &mut StdRng) {
        let file = self.folder.path().join("data/ori.sqlite3");
        let mut command = self.command();
        command
            .env("ORI_LISTEN", "127.0.0.1:0")
            .env("ORI_DATABASE_URL", format!("sqlite://{}", file.display()))
            .stderr(std::process::Stdio::null());
        let mut child = command.spawn().unwrap();
        // At any point of its start, which nothing outside can see.
        std::thread::sleep(Duration::from_millis(rng.random_range(0..80)));
        child.kill().unwrap();
        child.wait().unwrap();
    }

    /// Checks that every acknowledged call exists with the status of its acknowledgement.
    async fn check_acknowledged(&self, server: &Process, since: usize) -> usize {
        let holder = self.holder(server);
        let acknowledged = self.crm.acknowledged();
        for told in &acknowledged[since..] {
            let answer = holder.get(&format!("/api/v1/calls/{}", told.call_id)).await;
            assert_eq!(answer.status, 200, "{told:?} is lost");
            let status = answer.json::<CallView>().status;
            assert!(told.allows(status), "{told:?} is {status:?}");
        }
        acknowledged.len()
    }

    /// Checks the server's records against the requests that the voice host received.
    async fn check_dialled(&self, server: &Process) {
        let dialled = self.host.dialled();
        let mut calls = BTreeSet::new();
        let mut orders = BTreeSet::new();
        for dial in &dialled {
            let call: Uuid = dial.connected_event["ori_call_id"].parse().unwrap();
            let order = &dial.connected_event["order"];
            assert!(calls.insert(call), "call {call} was dialled twice");
            assert!(orders.insert(order), "order {order} was dialled twice");
        }
        let accepted = self.all(server, CallStatus::Accepted).await;
        let unknown = self.all(server, CallStatus::Unknown).await;
        let never: Vec<_> = accepted.difference(&calls).collect();
        assert!(never.is_empty(), "accepted, but never dialled: {never:?}");
        let denied: Vec<_> = calls
            .iter()
            .filter(|call| !accepted.contains(call) && !unknown.contains(call))
            .collect();
        assert!(denied.is_empty(), "dialled, but not told so: {denied:?}");
        for told in self.crm.acknowledged() {
            let rings = calls.contains(&told.call_id);
            assert!(rings || !told.is_dialled(), "{told:?} was never dialled");
        }
        println!(
            "{} dialled, {} accepted, {} unknown",
            dialled.len(),
            accepted.len(),
            unknown.len()
        );
    }

    async fn all(&self, server: &Process, status: CallStatus) -> BTreeSet<Uuid> {
        let holder = self.holder(server);
        let first = format!("/api/v1/calls?limit=1000&status={}", status.as_str());
        let mut calls = BTreeSet::new();
        let mut next = Some(first.clone());
        while let Some(path) = next {
            let page: CallPage = holder.get(&path).await.json();
            calls.extend(page.items.iter().map(|call| call.call_id));
            next = page.next_cursor.map(|cursor| format!("{first}&cursor={cursor}"));
        }
        calls
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn however_often_it_is_killed_no_acknowledged_call_is_lost_and_none_is_dialled_twice() {
    let begun = Instant::now();
    let mut rng = StdRng::seed_from_u64(23);
    let stage = Stage::new().await;
    let mut checked = 0;
    let mut weathers: BTreeMap<Weather, u32> = BTreeMap::new();
    for _ in 0..ROUNDS {
        if rng.random_ratio(1, 4) {
            stage.stillborn(&mut rng);
        }
        let server = stage.restart().await;
        checked = stage.check_acknowledged(&server, checked).await;
        let weather = Weather::draw(&mut rng);
        weather.set(&stage.host, WORKERS);
        let moment = weather.moment(&mut rng);
        *weathers.entry(weather).or_default() += 1;
        stage.load_and_kill(server, moment, &mut rng).await;
    }
    let server = stage.restart().await;
    stage.crm.repeat_what_was_lost(&stage.holder(&server)).await;
    let acknowledged = stage.check_acknowledged(&server, 0).await;
    stage.check_dialled(&server).await;
    println!(
        "{ROUNDS} rounds {weathers:?}, {} answers, {acknowledged} acknowledged, {} repeated, {:?}",
        stage.crm.answers(),
        stage.crm.repeated(),
        begun.elapsed()
    );
}
