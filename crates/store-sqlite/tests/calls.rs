//! Calls in a SQLite file: recording, checkpoints and migrations.

#![expect(clippy::unwrap_used, reason = "in a test, a panic is the report")]

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::future::join_all;
use ori_shared::call::{CallEvent, CallStatus};
use ori_store::{
    Admission, ApiKeys as _, CallQuery, Calls as _, FirstAttempt, NewCall, SingleProcess as _, Transition,
};
use ori_store_sqlite::SqliteStore;
use sqlx::sqlite::SqliteConnection;
use sqlx::{Connection as _, migrate::Migrator};
use tempfile::TempDir;
use uuid::Uuid;

mod support;

use support::{call, key};

struct Opened {
    folder: TempDir,
    store: SqliteStore,
}

impl Opened {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = open(folder.path()).await;
        Self { folder, store }
    }

    async fn sql(&self) -> SqliteConnection {
        let file = self.folder.path().join("ori.sqlite3");
        SqliteConnection::connect(&format!("sqlite://{}", file.display()))
            .await
            .unwrap()
    }

    async fn count(&self, condition: &'static str) -> u32 {
        sqlx::query_scalar(sqlx::AssertSqlSafe(format!(
            "select count(*) from calls where {condition}"
        )))
        .fetch_one(&mut self.sql().await)
        .await
        .unwrap()
    }
}

async fn open(folder: &Path) -> SqliteStore {
    SqliteStore::open(&folder.join("ori.sqlite3")).await.unwrap()
}

fn at(second: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::seconds(second)
}

async fn accept(store: &SqliteStore, call: NewCall) {
    let accepted = store.admit_call(call).await.unwrap();
    assert!(matches!(accepted, Admission::Recorded { .. }), "{accepted:?}");
}

async fn found(store: &SqliteStore, query: CallQuery) -> Vec<u128> {
    let query = CallQuery { limit: 100, ..query };
    let (calls, _) = store.list_calls(query).await.unwrap();
    calls.into_iter().map(|call| call.id.as_u128()).collect()
}

fn of_bot() -> CallQuery {
    CallQuery {
        bot: Some("bot".into()),
        ..CallQuery::default()
    }
}

#[tokio::test]
async fn a_call_whose_first_attempt_begins_with_it_stands_as_sent_to_that_host() {
    let opened = Opened::new().await;
    let key = key(&opened.store).await;
    let attempt = FirstAttempt {
        id: Uuid::from_u128(7),
        host: "voice-1".into(),
    };
    let sent = call(&key, 1, None);
    let admission = opened.store.admit_and_send(sent, attempt.clone()).await.unwrap();
    assert!(matches!(admission, Admission::Recorded { .. }), "{admission:?}");
    let record = opened.store.call(Uuid::from_u128(1)).await.unwrap().unwrap();
    assert_eq!(record.call.status, CallStatus::Sent);
    let states: Vec<_> = record.history.iter().map(|event| event.status).collect();
    assert_eq!(states, [CallStatus::Reserved, CallStatus::Sent]);
    assert_eq!(opened.count("host = 'voice-1'").await, 1);
    let by = |attempt| Transition {
        attempt: Some(attempt),
        ..Transition::new(
            Uuid::from_u128(1),
            &[CallStatus::Sent],
            CallStatus::Accepted,
            at(1),
        )
    };
    let another = opened
        .store
        .transition_call(by(Uuid::from_u128(8)))
        .await
        .unwrap();
    assert!(!another, "only that attempt may tell what came of it");
    assert!(opened.store.transition_call(by(attempt.id)).await.unwrap());
}

#[tokio::test]
async fn checkpoints_are_made_beside_the_writer() {
    let opened = Opened::new().await;
    let key = key(&opened.store).await;
    let size = || {
        fs::metadata(opened.folder.path().join("ori.sqlite3"))
            .unwrap()
            .len()
    };
    let before = size();
    for id in 1..=20 {
        join_all((0..64).map(|n| accept(&opened.store, call(&key, id * 64 + n, None)))).await;
    }
    let log = fs::metadata(opened.folder.path().join("ori.sqlite3-wal"))
        .unwrap()
        .len();
    assert!(log < 8 * 1024 * 1024, "no commit has to make a checkpoint");
    tokio::time::timeout(Duration::from_secs(60), async {
        while size() == before {
            tokio::task::yield_now().await;
        }
    })
    .await
    .unwrap();
}

/// Creates a file with the tables as they were before that migration, and these rows.
async fn file_before(version: i64, rows: &'static str) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ori.sqlite3");
    let mut old = SqliteConnection::connect(&format!("sqlite://{}?mode=rwc", file.display()))
        .await
        .unwrap();
    let all = sqlx::migrate!("../../migrations/sqlite");
    let before = all
        .iter()
        .filter(|migration| migration.version < version)
        .cloned();
    Migrator::with_migrations(before.collect())
        .run(&mut old)
        .await
        .unwrap();
    sqlx::raw_sql(rows).execute(&mut old).await.unwrap();
    old.close().await.unwrap();
    (folder, file)
}

/// The history of calls was a table of its own once.
#[tokio::test]
async fn a_migration_moves_the_history_into_the_call() {
    let rows = r#"insert into calls (id, key_id, key_name, bot_id, to_number, to_number_raw, variables, status, created_at, updated_at)
           values (x'00000000000000000000000000000001', zeroblob(16), '', 'bot', '', '', '{}', 'failed', 1, 1),
                  (x'00000000000000000000000000000002', zeroblob(16), '', 'bot', '', '', '{}', 'queued', 2, 2);
           insert into call_events (call_id, number, status, reason, at)
           values (x'00000000000000000000000000000001', 2, 'failed', 'said "no",' || char(10) || '[then] left', 3),
                  (x'00000000000000000000000000000001', 1, 'sent', null, 1),
                  (x'00000000000000000000000000000002', 1, 'queued', null, 2)"#;
    let (_folder, file) = file_before(10, rows).await;
    let store = SqliteStore::open(&file).await.unwrap();
    let history = async |id| store.call(Uuid::from_u128(id)).await.unwrap().unwrap().history;
    let event = |status, reason: Option<&str>, micros| CallEvent {
        status,
        reason: reason.map(str::to_owned),
        at: DateTime::from_timestamp_micros(micros).unwrap(),
    };
    let failed = event(CallStatus::Failed, Some("said \"no\",\n[then] left"), 3);
    assert_eq!(history(1).await, [event(CallStatus::Sent, None, 1), failed]);
    assert_eq!(history(2).await, [event(CallStatus::Queued, None, 2)]);
    assert_eq!(found(&store, of_bot()).await, [2, 1]);
}

/// The newest calls were not in the indexes once, and the last use of their keys not noted.
#[tokio::test]
async fn a_migration_indexes_the_calls_that_were_not() {
    let rows = r#"insert into api_keys (id, name, prefix, digest, haystack, created_by, is_active, created_at, updated_at, last_used_at)
           values (x'00000000000000000000000000000001', 'CRM', 'ori_abc', zeroblob(32), 'crm', null, 1, 0, 0, 1),
                  (x'00000000000000000000000000000002', 'ERP', 'ori_def', randomblob(32), 'erp', null, 1, 0, 0, 5000000);
           insert into calls (id, key_id, key_name, bot_id, to_number, to_number_raw, variables, status, history, is_indexed, created_at, updated_at)
           values (x'00000000000000000000000000000001', x'00000000000000000000000000000002', '', 'bot', '', '', '{}', 'queued', '', 1, 9000000, 1),
                  (x'00000000000000000000000000000002', x'00000000000000000000000000000001', '', 'bot', '', '', '{}', 'queued', '', 0, 3000000, 2),
                  (x'00000000000000000000000000000003', x'00000000000000000000000000000001', '', 'bot', '', '', '{}', 'queued', '', 0, 2000000, 2)"#;
    let (_folder, file) = file_before(19, rows).await;
    let store = SqliteStore::open(&file).await.unwrap();
    assert_eq!(found(&store, of_bot()).await, [3, 2, 1]);
    let queued = store.queued_calls(None, 9).await.unwrap();
    assert_eq!(
        queued.iter().map(|call| call.id.as_u128()).collect::<Vec<_>>(),
        [1, 2, 3]
    );
    for (key, used) in [(1, 3), (2, 5)] {
        let key = store.api_key(Uuid::from_u128(key)).await.unwrap().unwrap();
        assert_eq!(key.last_used_at, Some(at(used)));
    }
}
