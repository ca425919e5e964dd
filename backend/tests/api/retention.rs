//! Retention of calls.

use std::collections::BTreeMap;
use std::process::Output;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::future::join_all;
use ori_backend::clock::{Clock as _, SystemClock};
use ori_backend::random::Random;
use ori_key::{KeyDigest, PlainKey};
use ori_shared::call::{CallStatus, PlacedCall};
use ori_store::{CallOrder, Calls as _, NewCall, Store, Transition};
use ori_store_sqlite::SqliteStore;
use reqwest::Method;
use serde_json::json;
use tempfile::TempDir;
use uuid::Uuid;

use ori_fixtures::{
    ADMIN_EMAIL, ADMIN_PASSWORD, Caller as _, KeyHolder, Place, Process, Settings, TestApp, send,
};

const WITH_ADMIN: Settings = &[
    ("ORI_ADMIN_EMAIL", ADMIN_EMAIL),
    ("ORI_ADMIN_PASSWORD", ADMIN_PASSWORD),
];

/// A database that was in use before the server starts.
struct Stage {
    folder: Arc<TempDir>,
    key: String,
}

impl Stage {
    async fn new() -> Self {
        let folder = Arc::new(tempfile::tempdir().unwrap());
        let process = Self::start(&folder, WITH_ADMIN);
        let key = process.admin().await.create_key("CRM").await.key;
        process.stop();
        Self { folder, key }
    }

    fn start(folder: &Arc<TempDir>, settings: Settings) -> Process {
        let mut serve = Process::command(settings);
        serve.arg("serve");
        Process::start_in(folder.clone(), serve)
    }

    async fn store(&self) -> SqliteStore {
        let file = self.folder.path().join("data/ori.sqlite3");
        SqliteStore::open(&file).await.unwrap()
    }

    async fn with_calls(&self, count: usize, days: i64) -> Vec<Uuid> {
        let store = self.store().await;
        let now = SystemClock.now() - TimeDelta::days(days);
        let ids = ended_calls(&store, &self.key, count, now).await;
        store.close().await;
        ids
    }

    fn purge(&self, arguments: &[&str]) -> Output {
        let url = format!(
            "sqlite://{}",
            self.folder.path().join("data/ori.sqlite3").display()
        );
        let mut purge = Process::command(&[("ORI_DATABASE_URL", &url)]);
        purge.arg("purge").args(arguments).output().unwrap()
    }

    async fn kept(&self, calls: &[Uuid]) -> usize {
        let store = self.store().await;
        let mut kept = 0;
        for call in calls {
            kept += usize::from(store.call(*call).await.unwrap().is_some());
        }
        store.close().await;
        kept
    }
}

/// Creates the given number of calls that began and ended at that time.
async fn ended_calls(store: &dyn Store, key: &str, count: usize, now: DateTime<Utc>) -> Vec<Uuid> {
    let (random, key) = (Random::system(), PlainKey::presented(key).unwrap());
    let calls: Vec<NewCall> = (0..count).map(|_| call(random.id(now), key, now)).collect();
    let ids = calls.iter().map(|call| call.id).collect();
    join_all(calls.into_iter().map(async |call| {
        let end = Transition::new(call.id, &[CallStatus::Reserved], CallStatus::Refused, now);
        store.admit_call(call).await.unwrap();
        assert!(store.transition_call(end).await.unwrap());
    }))
    .await;
    ids
}

fn call(id: Uuid, key: KeyDigest, now: DateTime<Utc>) -> NewCall {
    let number = "+919876543210";
    NewCall {
        id,
        key,
        claim: None,
        queue_limit: None,
        order: CallOrder {
            bot_id: "bot".into(),
            to_number: number.into(),
            to_number_raw: number.into(),
            from_number: None,
            from_number_raw: None,
            variables: BTreeMap::new(),
            call_reference: None,
        },
        now,
    }
}

async fn enqueue(key: &KeyHolder) -> Uuid {
    let request = key.request(Method::POST, "/api/v1/sip/dialout");
    let body = json!({"bot_id": "bot", "to_number": "+919876543210"});
    let answer = send(request.header("prefer", "respond-async").json(&body)).await;
    assert_eq!(answer.status, 202, "{}", answer.text());
    answer.json::<PlacedCall>().call_id
}

#[tokio::test]
async fn calls_beyond_the_limit_go_by_themselves_while_others_are_placed() {
    let app = TestApp::with("call_retention_days = 30\n").await;
    let created = app.admin().await.create_key("CRM").await;
    let key = app.anonymous().with_key(&created.key, Place::Header);
    let ended = async |count, days| {
        let time = app.now() - TimeDelta::days(days);
        ended_calls(&*app.store, &created.key, count, time).await
    };
    let (old, young) = (ended(350, 31).await, ended(10, 29).await);
    let place = async || {
        let mut placed = Vec::new();
        for _ in 0..20 {
            placed.push(enqueue(&key).await);
        }
        placed
    };
    let (placed, ()) = tokio::join!(place(), app.pass_hours(1));
    let is_there = async |call: &Uuid| key.get(&format!("/api/v1/calls/{call}")).await.status == 200;
    for call in &old {
        assert!(!is_there(call).await);
    }
    for call in young.iter().chain(&placed) {
        assert!(is_there(call).await);
    }
}

#[tokio::test]
async fn without_a_limit_calls_are_kept_until_they_are_purged() {
    let stage = Stage::new().await;
    let old = stage.with_calls(230, 400).await;
    let young = stage.with_calls(3, 2).await;
    let process = Stage::start(&stage.folder, &[]);
    let key = process.anonymous().with_key(&stage.key, Place::Header);
    enqueue(&key).await;
    let refused = stage.purge(&["--older-than", "399"]);
    let told_why = String::from_utf8(refused.stderr).unwrap();
    assert!(
        !refused.status.success() && told_why.contains("ORI_CALL_RETENTION_DAYS"),
        "{told_why}"
    );
    process.stop();
    assert_eq!((stage.kept(&old).await, stage.kept(&young).await), (230, 3));

    let told = |output: Output| String::from_utf8(output.stdout).unwrap();
    assert_eq!(
        told(stage.purge(&["--older-than", "399"])),
        "230 calls were deleted.\n"
    );
    assert_eq!(
        told(stage.purge(&["--older-than", "399"])),
        "0 calls were deleted.\n"
    );
    assert_eq!((stage.kept(&old).await, stage.kept(&young).await), (0, 3));
    let yesterday = (SystemClock.now() - TimeDelta::days(1)).format("%Y-%m-%d");
    assert_eq!(
        told(stage.purge(&["--before", &yesterday.to_string()])),
        "3 calls were deleted.\n"
    );
}

#[tokio::test]
async fn what_to_purge_has_to_be_said_and_the_last_day_is_no_choice() {
    let stage = Stage::new().await;
    let today = SystemClock.now().to_rfc3339();
    for (arguments, why) in [
        (&[][..], "--older-than"),
        (&["--older-than", "0"], "0 is not in 1.."),
        (&["--older-than", "9", "--before", "2026-01-01"], "cannot be used"),
        (&["--before", "yesterday"], "such as 2026-01-31"),
        (&["--before", &today], "the last 24 hours are not deleted"),
    ] {
        let refused = stage.purge(arguments);
        let told = String::from_utf8(refused.stderr).unwrap();
        assert!(!refused.status.success() && told.contains(why), "{told}");
    }
}
