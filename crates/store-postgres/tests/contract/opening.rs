//! What is promised of opening a database.

use futures_util::future::join_all;
use ori_store::{Accounts as _, Store as _, StoreError};
use ori_store_postgres::{PostgresOptions, PostgresStore};

use crate::support::{database, options};

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

/// Whoever adds a table or a column finds here that it must be carried over from the other engine, too. What is
/// missing there has a default and means something among replicas only.
#[tokio::test]
async fn what_is_imported_is_every_table_and_column_there_is() {
    let url = database().await;
    PostgresStore::open(&options(url.clone())).await.unwrap();
    let mut connection = <sqlx::PgConnection as sqlx::Connection>::connect(&url)
        .await
        .unwrap();
    let columns: Vec<(String, String)> = sqlx::query_as(
        r#"select table_name::text collate "C", column_name::text collate "C" from information_schema.columns
           where table_schema = 'public' and table_name <> '_sqlx_migrations'
             and not (table_name = 'calls' and column_name in ('moved_at', 'settled_number')) order by 1, 2"#,
    )
    .fetch_all(&mut connection)
    .await
    .unwrap();
    assert_eq!(columns, ori_store::transfer::all_columns());
}
