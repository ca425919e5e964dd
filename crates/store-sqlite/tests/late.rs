//! What finds a call in the log is written later than the call. Nobody ever notices.

#![expect(clippy::unwrap_used, reason = "in a test, a panic is the report")]

use std::fs;
use std::path::Path;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::future::join_all;
use ori_shared::call::{CallEvent, CallStatus};
use ori_store::{
    Admission, ApiKeys as _, CallQuery, CallResult, CallStep, Calls as _, FirstAttempt, NewCall,
    SingleProcess as _, Store as _,
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

    /// As after a crash: nothing is done before the end.
    async fn again(self) -> Self {
        self.store.close().await;
        drop(self.store);
        Self {
            store: open(self.folder.path()).await,
            folder: self.folder,
        }
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

async fn last_use(store: &SqliteStore) -> Option<DateTime<Utc>> {
    let key = store.api_key(Uuid::from_u128(1)).await.unwrap();
    key.unwrap().last_used_at
}

#[tokio::test]
async fn what_was_not_indexed_when_the_process_ended_is_found_by_the_next() {
    let opened = Opened::new().await;
    let key = key(&opened.store).await;
    for id in 1..=3 {
        let call = NewCall {
            queue_limit: Some(9),
            now: at(10 * i64::try_from(id).unwrap()),
            ..call(&key, id, None)
        };
        accept(&opened.store, call).await;
    }
    assert_eq!(
        opened.count("is_indexed = 0").await,
        3,
        "there is something to find"
    );
    let opened = opened.again().await;
    assert_eq!(opened.count("is_indexed = 0").await, 0);
    let waiting = opened.store.queued_calls(None, 9).await.unwrap();
    assert_eq!(
        waiting.iter().map(|call| call.id.as_u128()).collect::<Vec<_>>(),
        [1, 2, 3]
    );
    assert_eq!(found(&opened.store, of_bot()).await, [3, 2, 1]);
    assert_eq!(last_use(&opened.store).await, Some(at(30)));
}

#[tokio::test]
async fn a_call_with_an_older_id_than_one_that_is_indexed_is_found_too() {
    let opened = Opened::new().await;
    let key = key(&opened.store).await;
    accept(&opened.store, call(&key, 20, None)).await;
    assert_eq!(found(&opened.store, of_bot()).await, [20]);
    let older = NewCall {
        now: at(7),
        ..call(&key, 10, None)
    };
    accept(&opened.store, older).await;
    let opened = opened.again().await;
    assert_eq!(found(&opened.store, of_bot()).await, [20, 10]);
    assert_eq!(last_use(&opened.store).await, Some(at(7)));
}

#[tokio::test]
async fn few_calls_are_ever_not_indexed() {
    let opened = Opened::new().await;
    let key = key(&opened.store).await;
    for group in 0..20 {
        let calls = (0..64).map(|id| accept(&opened.store, call(&key, 1 + group * 64 + id, None)));
        join_all(calls).await;
        assert!(opened.count("is_indexed = 0").await < 64 + 256 + 64);
    }
    assert!(opened.count("is_indexed = 1").await > 0);
    let newest_indexed = "id > (select max(id) from calls where is_indexed = 1)";
    assert_eq!(
        opened.count("is_indexed = 0").await,
        opened.count(newest_indexed).await,
        "only the newest are not"
    );
}

#[tokio::test]
async fn a_result_that_names_the_workers_own_id_finds_a_call_that_is_not_indexed() {
    let opened = Opened::new().await;
    let key = key(&opened.store).await;
    accept(&opened.store, call(&key, 1, None)).await;
    let accepted = CallStep {
        worker_call_id: Some("worker's".into()),
        ..CallStep::new(
            Uuid::from_u128(1),
            &[CallStatus::Reserved],
            CallStatus::Accepted,
            at(1),
        )
    };
    assert!(opened.store.step_call(accepted).await.unwrap());
    assert_eq!(opened.count("is_indexed = 0").await, 1);
    let result = CallResult {
        worker_call_id: Some("worker's".into()),
        ..CallResult::default()
    };
    let call = opened.store.add_call_result(result).await.unwrap();
    assert_eq!(call, Some(Uuid::from_u128(1)));
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
    let by = |attempt| CallStep {
        attempt: Some(attempt),
        ..CallStep::new(
            Uuid::from_u128(1),
            &[CallStatus::Sent],
            CallStatus::Accepted,
            at(1),
        )
    };
    let another = opened.store.step_call(by(Uuid::from_u128(8))).await.unwrap();
    assert!(!another, "only that attempt may tell what came of it");
    assert!(opened.store.step_call(by(attempt.id)).await.unwrap());
}

#[tokio::test]
async fn what_was_written_is_carried_into_the_file_beside_whoever_writes() {
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
    assert!(log < 8 * 1024 * 1024, "no commit has to carry it over");
    tokio::time::timeout(Duration::from_secs(60), async {
        while size() == before {
            tokio::task::yield_now().await;
        }
    })
    .await
    .unwrap();
}

/// What calls went through was a table of its own once.
#[tokio::test]
async fn the_history_of_calls_that_were_there_before_is_carried_over() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ori.sqlite3");
    let mut old = SqliteConnection::connect(&format!("sqlite://{}?mode=rwc", file.display()))
        .await
        .unwrap();
    let all = sqlx::migrate!("../../migrations/sqlite");
    let before = all.iter().filter(|migration| migration.version < 10).cloned();
    Migrator::with_migrations(before.collect())
        .run(&mut old)
        .await
        .unwrap();
    sqlx::raw_sql(
        r#"insert into calls (id, key_id, key_name, bot_id, to_number, to_number_raw, variables, status, created_at, updated_at)
           values (x'00000000000000000000000000000001', zeroblob(16), '', 'bot', '', '', '{}', 'failed', 1, 1),
                  (x'00000000000000000000000000000002', zeroblob(16), '', 'bot', '', '', '{}', 'queued', 2, 2);
           insert into call_events (call_id, number, status, reason, at)
           values (x'00000000000000000000000000000001', 2, 'failed', 'said "no",' || char(10) || '[then] left', 3),
                  (x'00000000000000000000000000000001', 1, 'sent', null, 1),
                  (x'00000000000000000000000000000002', 1, 'queued', null, 2)"#,
    )
    .execute(&mut old)
    .await
    .unwrap();
    old.close().await.unwrap();
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
