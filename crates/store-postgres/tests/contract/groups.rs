//! Concurrent calls are written in one transaction, and each succeeds or fails by itself.

use std::time::Duration;

use futures_util::future::join_all;
use ori_key::KeyDigest;
use ori_shared::call::CallStatus;
use ori_store::{
    Admission, Answer, ApiKeyChange, ApiKeys as _, Calls as _, IdempotencyRecord, NewApiKey, NewCall,
    Rejection, Result, StoreError, Transition,
};
use ori_store_postgres::test_cluster::{Cluster, Durability};
use ori_store_postgres::{PostgresOptions, PostgresStore};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use uuid::Uuid;

use crate::support::{at, call, database, options, with_key};

/// A store, and somebody else's connection to its database.
struct Stage {
    store: PostgresStore,
    other: PgConnection,
}

impl Stage {
    async fn new() -> Self {
        Self::on(database().await).await
    }

    async fn on(url: String) -> Self {
        let store = PostgresStore::open(&options(url.clone())).await.unwrap();
        with_key(&store).await;
        Self {
            store,
            other: PgConnection::connect(&url).await.unwrap(),
        }
    }

    async fn key(&self, number: u8) -> KeyDigest {
        let digest = KeyDigest::from_bytes([number; 32]);
        let key = NewApiKey {
            id: key_id(number),
            name: format!("Key {number}"),
            prefix: "ori_abc".into(),
            digest,
            created_by: Uuid::from_u128(1),
            expires_at: (number == EXPIRED).then(|| at(0)),
            created_at: at(0),
        };
        self.store.create_api_key(key).await.unwrap();
        digest
    }

    async fn sql(&mut self, sql: &'static str) {
        sqlx::raw_sql(sql).execute(&mut self.other).await.unwrap();
    }

    /// Hands them all in before the group is formed: these tests run on one thread, and the task that forms it is
    /// another.
    async fn accept_together(&self, calls: Vec<NewCall>) -> Vec<Result<Admission>> {
        join_all(calls.into_iter().map(|call| self.store.admit_call(call))).await
    }

    /// Returns the number of calls of each transaction, smallest first.
    async fn recorded(&mut self) -> Vec<i64> {
        sqlx::query_scalar("select count(*) from calls group by xmin::text order by 1")
            .fetch_all(&mut self.other)
            .await
            .unwrap()
    }
}

/// Waits until that many sessions wait for a lock.
async fn until_waiting(connection: &mut PgConnection, sessions: i64) {
    let patience = tokio::time::timeout(Duration::from_secs(60), async {
        loop {
            // Within a transaction, the server would return the same value again.
            sqlx::raw_sql("select pg_stat_clear_snapshot()")
                .execute(&mut *connection)
                .await
                .unwrap();
            let waiting: i64 = sqlx::query_scalar(
                "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
            )
            .fetch_one(&mut *connection)
            .await
            .unwrap();
            if waiting >= sessions {
                return;
            }
        }
    });
    patience.await.expect("nobody waits");
}

const EXPIRED: u8 = 9;

fn key_id(number: u8) -> Uuid {
    Uuid::from_u128(2000 + u128::from(number))
}

fn waiting(number: u128) -> NewCall {
    NewCall {
        queue_limit: Some(100),
        ..call(number)
    }
}

fn claimed(call: NewCall, fingerprint: u8, answer: Option<&str>) -> NewCall {
    let claim = IdempotencyRecord {
        idempotency_key: "order-1".into(),
        fingerprint: [fingerprint; 32],
        former_fingerprint: [fingerprint; 32],
        answer: answer.map(|body| Answer {
            status: 202,
            body: body.into(),
        }),
    };
    NewCall {
        claim: Some(claim),
        ..call
    }
}

fn with(key: KeyDigest, call: NewCall) -> NewCall {
    NewCall { key, ..call }
}

fn switched_off() -> ApiKeyChange {
    ApiKeyChange {
        is_active: Some(false),
        ..Default::default()
    }
}

fn is_recorded(told: &Admission) -> bool {
    matches!(told, Admission::Recorded { .. })
}

#[tokio::test]
async fn in_a_group_each_gets_its_own_outcome() {
    let mut stage = Stage::new().await;
    each_gets_its_own_outcome(&mut stage, Some(0)).await;
    assert_eq!(stage.recorded().await, [4]);
}

/// Those that are recorded are so by one statement; it leaves the others out.
#[tokio::test]
async fn in_a_group_that_needs_no_count_each_gets_its_own_outcome() {
    let mut stage = Stage::new().await;
    assert!(is_recorded(&stage.store.admit_call(waiting(100)).await.unwrap()));
    each_gets_its_own_outcome(&mut stage, None).await;
    assert_eq!(stage.recorded().await, [1, 4]);
}

/// Adds a call that finds the queue full at that limit.
async fn each_gets_its_own_outcome(stage: &mut Stage, full: Option<u32>) {
    let (off, past, other) = (stage.key(1).await, stage.key(EXPIRED).await, stage.key(2).await);
    let switched = stage.store.change_api_key(key_id(1), switched_off(), at(0)).await;
    assert!(switched.unwrap().is_some());
    let full = full.map(|limit| NewCall {
        queue_limit: Some(limit),
        ..call(9)
    });
    let is_full = full.is_some();
    let mut calls = vec![
        waiting(1),
        claimed(waiting(2), 7, Some("first")),
        with(off, waiting(3)),
        claimed(waiting(4), 7, Some("second")),
        with(past, waiting(5)),
        claimed(waiting(6), 8, Some("third")),
        with(KeyDigest::from_bytes([77; 32]), waiting(7)),
        with(other, claimed(waiting(8), 8, Some("of another key"))),
        waiting(10),
    ];
    calls.extend(full);
    let told = stage.accept_together(calls).await;
    let told: Vec<Admission> = told.into_iter().map(Result::unwrap).collect();
    let answered = Answer {
        status: 202,
        body: "first".into(),
    };
    assert!(
        [0, 1, 7, 8].iter().all(|place| is_recorded(&told[*place])),
        "{told:?}"
    );
    assert_eq!(told[2].rejection(), Some(&Rejection::KeyInactive));
    assert_eq!(told[3].rejection(), Some(&Rejection::Replay(answered)));
    assert_eq!(told[4].rejection(), Some(&Rejection::KeyExpired));
    let first = call(2).id;
    assert_eq!(told[5].rejection(), Some(&Rejection::Mismatch { call_id: first }));
    assert_eq!(told[6].rejection(), Some(&Rejection::UnknownKey));
    assert_eq!(
        told.get(9).and_then(Admission::rejection),
        is_full.then_some(&Rejection::QueueFull)
    );
}

#[tokio::test]
async fn what_the_database_refuses_takes_nobody_along() {
    let mut stage = Stage::new().await;
    // The id is taken, which the store reports as its own error.
    let told = stage
        .accept_together(vec![waiting(1), waiting(2), waiting(1), waiting(3)])
        .await;
    assert!(matches!(told[2], Err(StoreError::Fault(_))), "{told:?}");
    for place in [0, 1, 3] {
        assert!(told[place].as_ref().is_ok_and(is_recorded), "{told:?}");
    }
    assert_eq!(stage.recorded().await, [1, 1, 1]);
}

#[tokio::test]
async fn who_goes_away_takes_nobody_along() {
    let mut stage = Stage::new().await;
    stage.sql(HOLD_KEY).await;
    tokio::select! {
        told = stage.store.admit_call(waiting(1)) => panic!("{told:?} while the key is held"),
        () = until_waiting(&mut stage.other, 1) => {}
    }
    let (told, ()) = tokio::join!(stage.store.admit_call(waiting(2)), async {
        sqlx::raw_sql("rollback").execute(&mut stage.other).await.unwrap();
    });
    assert!(is_recorded(&told.unwrap()));
}

#[tokio::test]
async fn calls_that_wait_too_long_for_a_lock_or_behind_it_are_refused() {
    let mut stage = Stage::new().await;
    stage
        .sql("begin; select pg_advisory_xact_lock(x'6f726971'::bigint)")
        .await;
    let first = stage.store.admit_call(waiting(1));
    let others = async {
        until_waiting(&mut stage.other, 1).await;
        let late = stage.store.admit_call(waiting(2)).await;
        sqlx::raw_sql("commit").execute(&mut stage.other).await.unwrap();
        late
    };
    let (first, late) = tokio::join!(first, others);
    for refused in [first, late] {
        assert!(matches!(refused, Err(StoreError::Unavailable(_))), "{refused:?}");
    }
    assert!(is_recorded(&stage.store.admit_call(waiting(3)).await.unwrap()));
    assert_eq!(stage.recorded().await, [1]);
}

/// Uncommitted change of the key of [`with_key`] by another transaction.
const HOLD_KEY: &str = "begin; update api_keys set is_active = false where name = 'CRM'";
const DELETE_KEY: &str = "begin; delete from api_keys where name = 'CRM'";

/// While somebody changes a key, calls with another are accepted, and what became of the change decides about the calls
/// that waited for it.
async fn locked(hold: &'static str, end: &'static str, expected: fn(&Admission) -> bool) {
    for mode in [call, waiting] {
        let mut stage = Stage::new().await;
        let free = stage.key(1).await;
        stage.sql(hold).await;
        let held = join_all((1..=10).map(|number| stage.store.admit_call(mode(number))));
        let free = join_all((11..=20).map(|number| stage.store.admit_call(with(free, mode(number)))));
        let ending = async {
            // They come back while the others still wait.
            assert!(free.await.iter().all(|told| told.as_ref().is_ok_and(is_recorded)));
            until_waiting(&mut stage.other, 1).await;
            sqlx::raw_sql(end).execute(&mut stage.other).await.unwrap();
        };
        let (told, ()) = tokio::join!(held, ending);
        assert_eq!(told.len(), 10);
        for told in told {
            let told = told.unwrap();
            assert!(expected(&told), "{told:?}");
        }
    }
}

#[tokio::test]
async fn a_key_that_is_being_switched_off_holds_up_no_other_and_decides_by_what_was_committed() {
    locked(HOLD_KEY, "commit", |told| {
        told.rejection() == Some(&Rejection::KeyInactive)
    })
    .await;
}

#[tokio::test]
async fn a_key_that_is_being_deleted_holds_up_no_other_and_is_unknown_then() {
    locked(DELETE_KEY, "commit", |told| {
        told.rejection() == Some(&Rejection::UnknownKey)
    })
    .await;
}

#[tokio::test]
async fn a_revocation_that_is_undone_refuses_nothing() {
    locked(HOLD_KEY, "rollback", is_recorded).await;
}

/// Far from the limit, the queue is not counted. The bound that replaces the count covers other replicas, other versions,
/// and calls that return to the queue.
#[tokio::test]
async fn the_queues_limit_is_exact_without_a_count_each_time() {
    let url = database().await;
    let mut stage = Stage::on(url.clone()).await;
    let replica = PostgresStore::open(&options(url)).await.unwrap();
    let within = |number, limit| NewCall {
        queue_limit: Some(limit),
        ..call(number)
    };
    let step = async |number, from: &'static [CallStatus], to| {
        let step = Transition::new(Uuid::from_u128(number), from, to, at(2));
        assert!(replica.transition_call(step).await.unwrap());
    };
    let (one, other) = (&stage.store, &replica);
    assert!(is_recorded(&one.admit_call(within(1, 1000)).await.unwrap()));
    for number in 2..=4 {
        assert!(is_recorded(
            &other.admit_call(within(number, 1000)).await.unwrap()
        ));
    }
    step(1, &[CallStatus::Queued], CallStatus::Sent).await;
    assert!(is_recorded(&one.admit_call(within(5, 4)).await.unwrap()));
    assert_eq!(
        one.admit_call(within(6, 4)).await.unwrap().rejection(),
        Some(&Rejection::QueueFull)
    );
    step(1, &[CallStatus::Sent], CallStatus::Queued).await;
    assert_eq!(
        one.admit_call(within(6, 5)).await.unwrap().rejection(),
        Some(&Rejection::QueueFull)
    );
    assert!(is_recorded(&one.admit_call(within(6, 6)).await.unwrap()));
    // A version that knows nothing of the bound.
    sqlx::raw_sql(
        "insert into calls (id, key_id, key_name, bot_id, to_number, to_number_raw, variables, status, created_at, updated_at)
         select gen_random_uuid(), id, name, 'bot', '', '', '{}', 'queued', now(), now() from api_keys, generate_series(1, 4)",
    )
    .execute(&mut stage.other)
    .await
    .unwrap();
    for store in [one, other] {
        assert_eq!(
            store.admit_call(within(11, 10)).await.unwrap().rejection(),
            Some(&Rejection::QueueFull)
        );
    }
    step(2, &[CallStatus::Queued], CallStatus::Sent).await;
    assert!(is_recorded(&other.admit_call(within(11, 10)).await.unwrap()));
    assert_eq!(
        one.admit_call(within(12, 10)).await.unwrap().rejection(),
        Some(&Rejection::QueueFull)
    );
}

/// A statement timeout would end the wait for a standby, and the server would report success for what only it has. Without
/// `synchronous_commit`, it would not wait at all.
#[tokio::test]
async fn the_wait_for_a_standby_ends_by_no_timeout() {
    let cluster = Cluster::start(Durability::None);
    let options = PostgresOptions {
        statement_timeout: Duration::from_millis(300),
        ..options(cluster.database().await)
    };
    let mut stage = Stage {
        store: PostgresStore::open(&options).await.unwrap(),
        other: PgConnection::connect(&options.url).await.unwrap(),
    };
    with_key(&stage.store).await;
    // The first that waits is decided in turn, the others at once.
    for call in [waiting(1), waiting(2), call(3)] {
        wait_for_standby(&mut stage, &options.url).await;
        stage.sql("alter system set synchronous_commit = 'local'").await;
        stage.sql("select pg_reload_conf()").await;
        let accepting = stage.store.admit_call(call);
        tokio::pin!(accepting);
        tokio::select! {
            told = &mut accepting => panic!("{told:?} before the standby has it"),
            () = until(&mut stage.other, "wait_event = 'SyncRep' and application_name = 'ori'
                                          and xact_start < clock_timestamp() - interval '1 second'") => {}
        }
        sqlx::raw_sql("alter system reset all")
            .execute(&mut stage.other)
            .await
            .unwrap();
        sqlx::raw_sql("select pg_reload_conf()")
            .execute(&mut stage.other)
            .await
            .unwrap();
        assert!(is_recorded(&accepting.await.unwrap()));
    }
}

/// Has the server wait for a standby that there is not, and waits until it does.
async fn wait_for_standby(stage: &mut Stage, url: &str) {
    stage
        .sql("create table if not exists probes (number integer)")
        .await;
    stage
        .sql("alter system set synchronous_standby_names = 'nobody'")
        .await;
    stage.sql("select pg_reload_conf()").await;
    let mut probe = PgConnection::connect(url).await.unwrap();
    let commit_until_it_waits = async {
        loop {
            sqlx::raw_sql("insert into probes values (1)")
                .execute(&mut probe)
                .await
                .unwrap();
        }
    };
    tokio::select! {
        () = commit_until_it_waits => {}
        () = until(&mut stage.other, "wait_event = 'SyncRep'") => {}
    }
}

/// There is such a session.
async fn until(connection: &mut PgConnection, condition: &'static str) {
    let is_there = format!("select exists (select from pg_stat_activity where {condition})");
    let patience = tokio::time::timeout(Duration::from_secs(60), async {
        loop {
            let is_there = sqlx::query_scalar::<_, bool>(AssertSqlSafe(is_there.clone()));
            if is_there.fetch_one(&mut *connection).await.unwrap() {
                return;
            }
        }
    });
    patience.await.expect("no session does so");
}
