//! A transaction that holds a snapshot open, as a dump does, keeps the server from removing dead row versions and dead index
//! entries. What a call costs must not grow with their number.

use chrono::TimeDelta;
use futures_util::future::join_all;
use ori_shared::call::CallStatus;
use ori_store::{
    Admission, Assignment, Calls as _, HostCapacity, NewCall, Recovered, Replicated as _, StaleAfter,
    Store as _, Transition,
};
use ori_store_postgres::PostgresStore;
use sqlx::{Connection as _, PgConnection};
use uuid::Uuid;

use crate::support::{at, call, database, options, with_key};

/// Number of calls of a phase, half of them queued.
const CALLS: u128 = 1200;
const AT_ONCE: u128 = 20;
/// The time between two calls.
const APART: TimeDelta = TimeDelta::milliseconds(100);

/// The blocks of tables and indexes that were read, in memory or not. A connection reports them by the time that it is closed.
async fn blocks_read(connection: &mut PgConnection) -> i64 {
    sqlx::raw_sql("select pg_stat_clear_snapshot()")
        .execute(&mut *connection)
        .await
        .unwrap();
    sqlx::query_scalar(
        "select sum(heap_blks_read + heap_blks_hit + coalesce(idx_blks_read + idx_blks_hit, 0))::bigint
         from pg_statio_user_tables",
    )
    .fetch_one(connection)
    .await
    .unwrap()
}

fn made(number: u128) -> NewCall {
    let now = at(0) + APART * i32::try_from(number).unwrap();
    let millis = u128::try_from(now.timestamp_millis()).unwrap();
    NewCall {
        id: Uuid::from_u128(millis << 80 | number),
        queue_limit: (number % 2 == 1).then_some(1_000_000),
        now,
        ..call(0)
    }
}

async fn dialled(store: &PostgresStore, number: u128, sequence: i64) {
    let new = made(number);
    let (id, now) = (new.id, new.now);
    let (from, attempt): (&[CallStatus], _) = if new.queue_limit.is_some() {
        (&[CallStatus::Queued], Some(Uuid::from_u128(number)))
    } else {
        (&[CallStatus::Reserved], Some(Uuid::from_u128(number)))
    };
    let told = store.admit_call(new).await.unwrap();
    assert!(matches!(told, Admission::Recorded { .. }), "{told:?}");
    let mut sent = Transition::new(id, from, CallStatus::Sent, now);
    (sent.host, sent.attempt) = (Some("host".to_owned()), attempt);
    let capacity = HostCapacity {
        available: 1000,
        number: sequence,
    };
    assert_eq!(
        store.assign_host(sent, capacity).await.unwrap(),
        Assignment::Assigned
    );
    let mut done = Transition::new(id, &[CallStatus::Sent], CallStatus::Accepted, now);
    done.attempt = attempt;
    assert!(store.transition_call(done).await.unwrap());
}

/// Makes a phase's calls, as a server does: now and then the host is asked for its health, and workers look at the queue and
/// for orphaned calls.
async fn phase(store: &PostgresStore, phase: u128) {
    for group in 0..CALLS / AT_ONCE {
        let first = phase * CALLS + group * AT_ONCE;
        let sequence = store.next_sequence().await.unwrap();
        join_all((first..first + AT_ONCE).map(|number| dialled(store, number, sequence))).await;
        let waiting = store.queued_calls(None, 100).await.unwrap();
        assert_eq!(waiting.len(), 0);
        if group % 5 == 0 {
            let stale_after = StaleAfter {
                reserved: TimeDelta::days(1),
                sent: TimeDelta::days(1),
            };
            let recovered = store.recover_orphaned_calls(stale_after, at(0)).await;
            assert_eq!(recovered.unwrap(), Recovered::default());
        }
    }
}

/// Returns the number of rows that a call of that phase reads, on separate connections.
async fn blocks_per_call(url: &str, number: u128) -> i64 {
    let mut connection = PgConnection::connect(url).await.unwrap();
    let before = blocks_read(&mut connection).await;
    let store = PostgresStore::open(&options(url.to_owned())).await.unwrap();
    phase(&store, number).await;
    store.close().await;
    let others =
        "select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()
                  and backend_type = 'client backend' and application_name <> 'dump'";
    while sqlx::query_scalar::<_, i64>(others)
        .fetch_one(&mut connection)
        .await
        .unwrap()
        > 0
    {
        tokio::task::yield_now().await;
    }
    (blocks_read(&mut connection).await - before) / i64::try_from(CALLS).unwrap()
}

#[tokio::test]
async fn a_call_costs_the_same_while_a_snapshot_is_held_open() {
    let url = database().await;
    let store = PostgresStore::open(&options(url.clone())).await.unwrap();
    with_key(&store).await;
    phase(&store, 0).await;
    store.close().await;
    let mut dump = PgConnection::connect(&url).await.unwrap();
    sqlx::raw_sql(
        "set application_name = 'dump'; begin isolation level repeatable read; select count(*) from calls",
    )
    .execute(&mut dump)
    .await
    .unwrap();
    let first = blocks_per_call(&url, 1).await;
    for number in 2..5 {
        let later = blocks_per_call(&url, number).await;
        assert!(
            later < first * 3 / 2,
            "a call read {first} blocks, and now {later}"
        );
    }
}
