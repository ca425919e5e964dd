//! Cost of admissions and look-ups in statements and commits, which do not depend on the machine.

use futures_util::future::join_all;
use ori_key::KeyDigest;
use ori_shared::webhook::DeliveryStatus;
use ori_store::{
    Admission, Answer, ApiKeys as _, Calls as _, DeliveryQuery, IdempotencyRecord, LeaseRequest, NewCall,
    Store as _, Webhooks as _,
};
use ori_store_postgres::PostgresStore;
use ori_store_postgres::test_cluster::{Cluster, Durability};
use sqlx::{Connection as _, PgConnection};

use crate::support::{at, call, cluster, database, options, with_key};

/// A store whose statements the server logs.
struct Logged {
    store: PostgresStore,
    database: String,
}

impl Logged {
    async fn open() -> Self {
        let url = database().await;
        let mut connection = PgConnection::connect(&url).await.unwrap();
        let log = "do $$ begin execute format('alter database %I set log_statement = %L', current_database(), 'all'); end $$";
        sqlx::raw_sql(log).execute(&mut connection).await.unwrap();
        let database = sqlx::query_scalar("select current_database()::text")
            .fetch_one(&mut connection)
            .await
            .unwrap();
        let store = PostgresStore::open(&options(url)).await.unwrap();
        with_key(&store).await;
        Self { store, database }
    }

    /// Returns the result, and the beginning of each statement that the server was sent for it, besides those that set up
    /// a connection.
    async fn statements<T>(&self, work: impl Future<Output = T>) -> (T, Vec<String>) {
        let before = cluster().log().len();
        let done = work.await;
        let log = cluster().log().split_off(before);
        let prefix = format!(" {} LOG:  ", self.database);
        let sent = log.lines().filter_map(|line| {
            let (kind, statement) = line.split_once(&prefix)?.1.split_once(": ")?;
            let is_sent = kind == "statement" || kind.starts_with("execute ");
            let sets_up =
                statement.starts_with("select set_config(") || statement.contains("pg_is_in_recovery");
            (is_sent && !sets_up).then(|| statement.trim().to_owned())
        });
        (done, sent.collect())
    }

    /// Returns the statements of that many concurrent admissions, each of which is recorded.
    async fn accept(&self, numbers: std::ops::Range<u128>, new: fn(u128) -> NewCall) -> Vec<String> {
        let accepting = join_all(numbers.map(|number| self.store.admit_call(new(number))));
        let (told, sent) = self.statements(accepting).await;
        for told in told {
            assert!(matches!(told, Ok(Admission::Recorded { .. })), "{told:?}");
        }
        sent
    }

    /// Returns the statements of that many concurrent look-ups, and which of them found a key.
    async fn look_up(&self, digests: &[KeyDigest]) -> (Vec<bool>, Vec<String>) {
        let looking = join_all(digests.iter().map(|digest| self.store.known_key(digest)));
        let (found, sent) = self.statements(looking).await;
        (
            found.into_iter().map(|found| found.unwrap().is_some()).collect(),
            sent,
        )
    }
}

fn claimed(number: u128) -> NewCall {
    let claim = IdempotencyRecord {
        idempotency_key: format!("order-{number}"),
        fingerprint: [7; 32],
        former_fingerprint: [7; 32],
        answer: Some(Answer {
            status: 202,
            body: "queued".into(),
        }),
    };
    NewCall {
        claim: Some(claim),
        queue_limit: Some(1_000_000),
        ..call(number)
    }
}

#[tokio::test]
async fn acceptances_that_wait_cost_one_statement_which_commits_by_itself() {
    let logged = Logged::open().await;
    // The queue is counted once at first.
    logged.accept(1..2, claimed).await;
    let one = logged.accept(2..3, claimed).await;
    assert_eq!(one.len(), 1, "{one:#?}");
    assert_eq!(logged.accept(100..200, claimed).await, one);
    assert_eq!(logged.accept(200..300, call).await, one);
}

/// Write-ahead log of a call: its row, and an entry in each of its indexes.
#[tokio::test]
async fn a_call_costs_few_bytes_of_the_servers_log() {
    // A separate server, so that no other test writes there.
    let cluster = Cluster::start(Durability::None);
    let url = cluster.database().await;
    let store = PostgresStore::open(&options(url.clone())).await.unwrap();
    with_key(&store).await;
    let mut connection = PgConnection::connect(&url).await.unwrap();
    let mut written = async || -> i64 {
        sqlx::query_scalar("select (pg_current_wal_insert_lsn() - '0/0')::bigint")
            .fetch_one(&mut connection)
            .await
            .unwrap()
    };
    let before = written().await;
    for group in 1..=20 {
        let numbers = group * 100..(group + 1) * 100;
        let told = join_all(numbers.map(|number| store.admit_call(call(number)))).await;
        let is_recorded = |told: &_| matches!(told, Ok(Admission::Recorded { .. }));
        assert!(told.iter().all(is_recorded), "{told:?}");
    }
    let each = (written().await - before) / 2000;
    assert!(each < 700, "{each}");
}

#[tokio::test]
async fn look_ups_that_wait_are_one_statement() {
    let logged = Logged::open().await;
    let key = call(1).key;
    let (found, sent) = logged.look_up(&[key; 100]).await;
    assert!(found.iter().all(|is_found| *is_found));
    assert_eq!(sent.len(), 1, "{sent:#?}");
    let mut digests: Vec<_> = (0..100)
        .map(|number| KeyDigest::from_bytes([number; 32]))
        .collect();
    digests.push(key);
    let (found, sent) = logged.look_up(&digests).await;
    assert_eq!(found.iter().position(|is_found| *is_found), Some(100));
    assert_eq!(sent.len(), 1, "{sent:#?}");
}

/// Fifty thousand webhooks, each of a key of its own; so many pending events of the first of them, and as many failed ones of
/// the second.
async fn many_webhooks(connection: &mut PgConnection, pending: i64) {
    let fill = [
        "insert into api_keys (id, name, prefix, digest, haystack, created_by, is_active, created_at, updated_at)
         select uuid(lpad(to_hex(n), 32, '0')), 'key', 'ori_', sha256(n::text::bytea), 'key', null, true, $1, $1
         from generate_series(100000, 149999) n where $2 >= 0",
        "insert into webhooks (key_id, url, secret, created_at, updated_at)
         select id, 'https://crm.example.com/', sha256('a'), $1, $1 from api_keys where name = 'key' and $2 >= 0",
        "insert into webhook_queue (key_id) select key_id from webhooks where $2 >= 0 and $1 is not null",
        "insert into webhook_deliveries (id, key_id, call_id, event_type, body, due_at, created_at)
         select gen_random_uuid(), uuid(lpad(to_hex(100000), 32, '0')), gen_random_uuid(), 'call.completed', '{}', $1, $1
         from generate_series(1, $2) n",
        "insert into webhook_deliveries (id, key_id, call_id, event_type, body, status, created_at)
         select gen_random_uuid(), uuid(lpad(to_hex(100001), 32, '0')), gen_random_uuid(), 'call.completed', '{}',
                'failed', $1
         from generate_series(1, $2) n",
    ];
    for statement in fill {
        sqlx::query(statement)
            .bind(at(0))
            .bind(pending)
            .execute(&mut *connection)
            .await
            .unwrap();
    }
    sqlx::raw_sql("analyze").execute(connection).await.unwrap();
}

/// The rows of the outbox that were read, and those that were changed. A server counts what a connection did by the time
/// that it is closed.
async fn outbox_rows(connection: &mut PgConnection) -> (i64, i64) {
    sqlx::raw_sql("select pg_stat_clear_snapshot()")
        .execute(&mut *connection)
        .await
        .unwrap();
    sqlx::query_as(
        "select sum(seq_tup_read + coalesce(idx_tup_fetch, 0))::bigint, sum(n_tup_upd + n_tup_del)::bigint
         from pg_stat_user_tables where relname in ('webhooks', 'webhook_queue', 'webhook_deliveries')",
    )
    .fetch_one(connection)
    .await
    .unwrap()
}

/// Returns the effect on the rows of the outbox, on separate connections.
async fn cost<T>(url: &str, work: impl AsyncFnOnce(&PostgresStore) -> T) -> (T, i64, i64) {
    let mut connection = PgConnection::connect(url).await.unwrap();
    let before = outbox_rows(&mut connection).await;
    let store = PostgresStore::open(&options(url.to_owned())).await.unwrap();
    let done = work(&store).await;
    store.close().await;
    let backends =
        "select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()
                    and backend_type = 'client backend'";
    while sqlx::query_scalar::<_, i64>(backends)
        .fetch_one(&mut connection)
        .await
        .unwrap()
        > 0
    {
        tokio::task::yield_now().await;
    }
    let after = outbox_rows(&mut connection).await;
    (done, after.0 - before.0, after.1 - before.1)
}

#[tokio::test]
async fn a_claim_costs_by_what_is_due_and_an_end_by_its_step() {
    let url = database().await;
    let store = PostgresStore::open(&options(url.clone())).await.unwrap();
    with_key(&store).await;
    store.close().await;
    many_webhooks(&mut PgConnection::connect(&url).await.unwrap(), 20_000).await;
    let claim = LeaseRequest {
        claimer: uuid::Uuid::from_u128(1),
        now: at(1),
        lease_until: at(30),
        limit: 64,
        unreserved: 48,
        max_bytes: usize::MAX,
        per_webhook: 4,
    };
    let (claimed, read, changed) = cost(&url, async |store| store.claim_due_deliveries(claim).await).await;
    assert_eq!(claimed.unwrap().len(), 4);
    assert!(
        read > 0 && read < 100 && changed == 5,
        "a claim reads {read} and changes {changed}"
    );

    let key = uuid::Uuid::from_u128(100_000);
    let failed = DeliveryQuery {
        key: Some(key),
        status: Some(DeliveryStatus::Failed),
        limit: 100,
        ..Default::default()
    };
    let (page, read, _) = cost(&url, async |store| store.list_deliveries(failed).await).await;
    assert_eq!(page.unwrap(), (Vec::new(), false));
    assert!(read < 100, "a page of two filters reads {read}");

    let (deleted, read, changed) = cost(&url, async |store| store.delete_api_key(key).await).await;
    assert!(deleted.unwrap());
    assert!(
        read < 100 && changed == 2,
        "a deletion reads {read} and changes {changed}"
    );
    let (ended, read, changed) = cost(&url, async |store| store.end_deliveries(at(0), 100).await).await;
    assert_eq!(ended.unwrap(), 100);
    assert!(
        read < 1000 && changed == 100,
        "a step reads {read} and changes {changed}"
    );
    let (looked, read, changed) = cost(&url, async |store| {
        store.hasten_deliveries(at(-9), at(1), None, 100).await
    })
    .await;
    assert!(looked.unwrap().is_some());
    assert!(
        read < 1000 && changed == 100,
        "a step reads {read} and changes {changed}"
    );
}
