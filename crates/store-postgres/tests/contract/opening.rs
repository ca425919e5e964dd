//! Promises of opening a database.

use futures_util::future::join_all;
use std::sync::Arc;

use chrono::DateTime;
use ori_shared::call::{CallEvent, CallStatus};

use ori_store::{Accounts as _, Admission, CallQuery, Calls as _, NewCall, Store, StoreError};
use ori_store_postgres::pooler::Pooler;
use ori_store_postgres::test_cluster::{Cluster, Identity};
use ori_store_postgres::{PostgresOptions, PostgresStore};

use uuid::Uuid;

use crate::support::{call, database, options, with_key};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_replicas_may_start_at_once_on_an_empty_database() {
    let url = database().await;
    let opened = join_all((0..12).map(|_| {
        let options = options(url.clone());
        async move { PostgresStore::open(&options).await.unwrap() }
    }))
    .await;
    for store in opened {
        assert!(!store.any_account().await.unwrap());
        store.close().await;
    }
}

#[tokio::test]
async fn without_leave_to_migrate_an_out_of_date_database_is_refused_and_a_current_one_is_not() {
    let url = database().await;
    let careful = PostgresOptions {
        migrate: false,
        ..options(url.clone())
    };
    let refused = PostgresStore::open(&careful).await.err().unwrap();
    assert!(refused.to_string().contains("ori migrate"), "{refused}");
    PostgresStore::open(&options(url)).await.unwrap();
    PostgresStore::open(&careful).await.unwrap();
}

/// The privileges that README grants to the server's role suffice.
#[tokio::test]
async fn without_leave_to_migrate_a_role_that_only_reads_and_writes_the_tables_suffices() {
    let url = database().await;
    let mut owner = <sqlx::PgConnection as sqlx::Connection>::connect(&url)
        .await
        .unwrap();
    let readme = include_str!("../../../../README.md");
    let (_, grants) = readme.split_once("<!-- grants -->\n  ```sql\n").unwrap();
    let (grants, _) = grants.split_once("```").unwrap();
    sqlx::raw_sql("create role ori_server login; revoke create on schema public from public")
        .execute(&mut owner)
        .await
        .unwrap();
    let careful = PostgresOptions {
        migrate: false,
        ..options(url.replacen("ori@", "ori_server@", 1))
    };
    let refused = PostgresStore::open(&careful).await.err().unwrap();
    assert!(refused.to_string().contains("ori migrate"), "{refused}");
    PostgresStore::open(&options(url)).await.unwrap();
    sqlx::raw_sql(sqlx::AssertSqlSafe(grants))
        .execute(&mut owner)
        .await
        .unwrap();
    let store: Arc<dyn Store> = Arc::new(PostgresStore::open(&careful).await.unwrap());
    with_key(store.as_ref()).await;
    use_it(&store, 1).await;
}

#[tokio::test]
async fn a_pooler_that_keeps_a_connection_for_a_session_works_and_any_other_is_refused_in_one_sentence() {
    let url = database().await;
    let pooler = Pooler::start("session", &url);
    let store: Arc<dyn Store> = Arc::new(PostgresStore::open(&options(pooler.url())).await.unwrap());
    with_key(store.as_ref()).await;
    use_it(&store, 1).await;
    for mode in ["transaction", "statement"] {
        let pooler = Pooler::start(mode, &url);
        let refused = PostgresStore::open(&options(pooler.url())).await.err().unwrap();
        assert!(
            refused.to_string().contains("set its pool_mode to session"),
            "{refused}"
        );
    }
}

/// Whatever the defaults of the database and the role are, also those that are set while the server runs.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_defaults_of_a_database_change_no_promise() {
    for isolation in ["serializable", "repeatable read", "read committed"] {
        let url = database().await;
        let name = url.split(['/', '?']).nth(3).unwrap().to_owned();
        let mut owner = <sqlx::PgConnection as sqlx::Connection>::connect(&url)
            .await
            .unwrap();
        let defaults = format!(
            "alter database {name} set default_transaction_isolation = '{isolation}';
             alter database {name} set synchronous_commit = off;
             alter database {name} set lock_timeout = 1"
        );
        sqlx::raw_sql(sqlx::AssertSqlSafe(defaults))
            .execute(&mut owner)
            .await
            .unwrap();
        let stores: Vec<_> =
            join_all((0..2).map(async |_| PostgresStore::open(&options(url.clone())).await.unwrap())).await;
        with_key(&stores[0]).await;
        let accepted = (0..200).map(|number| {
            let store = &stores[number % 2];
            store.admit_call(call(number as u128))
        });
        for outcome in join_all(accepted).await {
            assert!(
                matches!(outcome.unwrap(), Admission::Recorded { .. }),
                "{isolation}"
            );
        }
    }
}

#[tokio::test]
async fn an_address_that_leads_nowhere_is_told_without_its_password() {
    for (url, is_unavailable) in [
        ("postgres://ori:hunter2@127.0.0.1:1/ori", true),
        ("postgres://ori:hunter2@127.0.0.1:port/ori", false),
    ] {
        let error = PostgresStore::open(&options(url.to_owned())).await.err().unwrap();
        assert_eq!(
            matches!(error, StoreError::Unavailable(_)),
            is_unavailable,
            "{error}"
        );
        assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
    }
}

/// Fails if a table or column is added that the import from the other engine omits. Columns that only replicas use are
/// missing there and have a default.
#[tokio::test]
async fn what_is_imported_is_every_table_and_column_there_is() {
    let url = database().await;
    PostgresStore::open(&options(url.clone())).await.unwrap();
    let mut connection = <sqlx::PgConnection as sqlx::Connection>::connect(&url)
        .await
        .unwrap();
    let columns: Vec<(String, String)> = sqlx::query_as(
        r#"select table_name::text collate "C", column_name::text collate "C" from information_schema.columns
           where table_schema = 'public' and table_name not in ('_sqlx_migrations', 'api_key_search', 'webhook_queue')
             and not (table_name = 'calls' and column_name in
                      ('moved_at', 'sent_number', 'settled_number', 'recorded_number'))
           order by 1, 2"#,
    )
    .fetch_all(&mut connection)
    .await
    .unwrap();
    assert_eq!(columns, ori_store::export::all_columns());
}

/// The status history was a separate table in older versions.
#[tokio::test]
async fn the_history_of_calls_that_were_there_before_is_carried_over() {
    let url = database().await;
    let mut connection = <sqlx::PgConnection as sqlx::Connection>::connect(&url)
        .await
        .unwrap();
    let before = sqlx::migrate!("../../migrations/postgres");
    let before = before.iter().filter(|migration| migration.version < 10).cloned();
    let migrator = sqlx::migrate::Migrator::with_migrations(before.collect());
    migrator.run(&mut connection).await.unwrap();
    sqlx::raw_sql(
        r#"insert into calls (id, key_id, key_name, bot_id, to_number, to_number_raw, variables, status, reason, created_at, updated_at)
           select lpad(n::text, 32, '0')::uuid, gen_random_uuid(), '', 'bot', '', '', '{}', 'queued', null, to_timestamp(n), to_timestamp(n)
           from generate_series(1, 2) n;
           insert into call_events (call_id, number, status, reason, at)
           values (lpad('1', 32, '0')::uuid, 2, 'refused', E'said "no",\n[then] left', '2026-11-23 12:00:00.123456Z'),
                  (lpad('1', 32, '0')::uuid, 1, 'queued', null, to_timestamp(1)),
                  (lpad('2', 32, '0')::uuid, 1, 'queued', null, to_timestamp(2))"#,
    )
    .execute(&mut connection)
    .await
    .unwrap();
    let store = PostgresStore::open(&options(url)).await.unwrap();
    let history = async |number| {
        store
            .call(Uuid::from_u128(number))
            .await
            .unwrap()
            .unwrap()
            .history
    };
    let event = |status, reason: Option<&str>, micros| CallEvent {
        status,
        reason: reason.map(str::to_owned),
        at: DateTime::from_timestamp_micros(micros).unwrap(),
    };
    let refused = event(
        CallStatus::Refused,
        Some("said \"no\",\n[then] left"),
        1_795_435_200_123_456,
    );
    assert_eq!(
        history(1).await,
        [event(CallStatus::Queued, None, 1_000_000), refused]
    );
    assert_eq!(history(2).await, [event(CallStatus::Queued, None, 2_000_000)]);
}

/// While replicas are replaced one by one, the old version runs, and starts again, on the tables of the next.
#[tokio::test]
async fn a_replica_starts_and_works_on_tables_that_the_next_version_has_expanded() {
    let url = database().await;
    let one_connection = PostgresOptions {
        connections: 1,
        ..options(url.clone())
    };
    let running: Arc<dyn Store> = Arc::new(PostgresStore::open(&one_connection).await.unwrap());
    let key = with_key(running.as_ref()).await;
    use_it(&running, 1).await;
    let mut connection = <sqlx::PgConnection as sqlx::Connection>::connect(&url)
        .await
        .unwrap();
    let expand = "alter table api_keys add column region text; alter table calls add column region text;
                  create table regions (name text primary key);
                  insert into _sqlx_migrations (version, description, success, checksum, execution_time)
                  values (9999, 'regions', true, '', 0)";
    sqlx::raw_sql(expand).execute(&mut connection).await.unwrap();
    let restarted: Arc<dyn Store> = Arc::new(PostgresStore::open(&options(url)).await.unwrap());
    assert!(restarted.api_key(key).await.unwrap().is_some());
    // What the running version has prepared before goes on working.
    use_it(&running, 2).await;
    use_it(&restarted, 3).await;
}

async fn use_it(store: &Arc<dyn Store>, number: u128) {
    let queued = NewCall {
        queue_limit: Some(9),
        ..call(number)
    };
    let recorded = store.admit_call(queued).await.unwrap();
    assert!(matches!(recorded, Admission::Recorded { .. }));
    assert!(store.call(Uuid::from_u128(number)).await.unwrap().is_some());
    assert!(!store.queued_calls(None, 9).await.unwrap().is_empty());
    let all = CallQuery {
        limit: 9,
        ..Default::default()
    };
    assert!(!store.list_calls(all).await.unwrap().0.is_empty());
    assert_eq!(
        store
            .list_api_keys(ori_store::ApiKeyQuery {
                limit: 9,
                ..Default::default()
            })
            .await
            .unwrap()
            .total,
        1
    );
}

/// The server of this certificate is believed, and no other; without a certificate to go by, none is.
#[tokio::test]
async fn under_tls_the_server_proves_who_it_is() {
    let identity = Identity {
        certificate: include_str!("tls/server.crt"),
        key: include_str!("tls/server.key"),
    };
    let cluster = Cluster::start_with_tls(identity);
    let port = cluster.port().unwrap();
    let there = |host: &str, parameters: String| {
        options(format!("postgres://ori@{host}:{port}/postgres?{parameters}"))
    };
    let tls = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/contract/tls");
    let believed = there(
        "localhost",
        format!("sslmode=verify-full&sslrootcert={tls}/server.crt"),
    );
    let store = PostgresStore::open(&believed).await.unwrap();
    assert!(!store.any_account().await.unwrap());
    for refused in [
        there(
            "localhost",
            format!("sslmode=verify-full&sslrootcert={tls}/other.crt"),
        ),
        there("localhost", "sslmode=verify-full".to_owned()),
        // The certificate is another name's.
        there(
            "127.0.0.1",
            format!("sslmode=verify-full&sslrootcert={tls}/server.crt"),
        ),
    ] {
        let error = PostgresStore::open(&refused).await.err().unwrap();
        assert!(matches!(error, StoreError::Unavailable(_)), "{error}");
    }
}
