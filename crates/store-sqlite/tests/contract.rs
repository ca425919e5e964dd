//! SQLite keeps what every engine must keep, and what is said of its file.

#![expect(clippy::unwrap_used, reason = "in a test, a panic is the report")]

use std::sync::Arc;

use ori_store::Store;
use ori_store_sqlite::SqliteStore;
use tempfile::TempDir;

async fn open() -> (TempDir, Arc<dyn Store>) {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(&folder.path().join("data/ori.sqlite3"))
        .await
        .unwrap();
    (folder, Arc::new(store))
}

ori_store::suite!(open);

#[tokio::test]
async fn what_was_stored_is_there_after_a_restart() {
    let (folder, store) = open().await;
    let account = ori_store::NewAccount {
        id: uuid::Uuid::from_u128(1),
        email: "ada@example.com".into(),
        password_hash: "hash".into(),
        role: ori_shared::account::Role::Admin,
        created_at: chrono::DateTime::UNIX_EPOCH,
    };
    assert!(store.create_account(account).await.unwrap());
    store.close().await;
    let again = SqliteStore::open(&folder.path().join("data/ori.sqlite3"))
        .await
        .unwrap();
    again.ping().await.unwrap();
    assert!(ori_store::Accounts::any_account(&again).await.unwrap());
}

#[cfg(unix)]
#[tokio::test]
async fn only_its_owner_reads_the_file() {
    use std::os::unix::fs::PermissionsExt as _;
    let (folder, _store) = open().await;
    for file in std::fs::read_dir(folder.path().join("data")).unwrap() {
        let mode = file.unwrap().metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0);
    }
}

#[tokio::test]
async fn a_second_process_on_the_same_file_is_refused_until_the_first_has_closed_it() {
    let (folder, store) = open().await;
    let file = folder.path().join("data/ori.sqlite3");
    let mut names = vec![file.clone(), folder.path().join("data/../data/ori.sqlite3")];
    #[cfg(unix)]
    {
        names.push(folder.path().join("another name"));
        std::os::unix::fs::symlink(&file, &names[2]).unwrap();
    }
    for name in names {
        let refused = SqliteStore::open(&name).await.err().unwrap();
        let why = std::error::Error::source(&refused).unwrap().to_string();
        assert!(why.contains("another process"), "{why}");
    }
    store.close().await;
    SqliteStore::open(&file).await.unwrap();
}

#[tokio::test]
async fn a_file_that_is_no_database_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ori.sqlite3");
    std::fs::write(
        &file,
        "this is a letter, not a database, and long enough to be read as one".repeat(20),
    )
    .unwrap();
    assert!(SqliteStore::open(&file).await.is_err());
}

/// Fails if a table or column is added that the export to the other engine omits.
#[tokio::test]
async fn what_is_exported_is_every_table_and_column_there_is() {
    let (folder, _store) = open().await;
    let url = format!("sqlite://{}", folder.path().join("data/ori.sqlite3").display());
    let mut connection = <sqlx::SqliteConnection as sqlx::Connection>::connect(&url)
        .await
        .unwrap();
    let columns: Vec<(String, String)> = sqlx::query_as(
        "select t.name, c.name from sqlite_schema t join pragma_table_info(t.name) c
         where t.type = 'table' and t.name not like 'sqlite_%' and t.name <> '_sqlx_migrations'
           -- What the search of the keys is served by follows from the keys, and the queue of webhooks from what is pending.
           and t.name not in ('api_key_rows', 'webhook_queue') and t.name not like 'api_key_search%'
           and (t.name, c.name) <> ('calls', 'is_indexed') order by 1, 2",
    )
    .fetch_all(&mut connection)
    .await
    .unwrap();
    assert_eq!(columns, ori_store::export::all_columns());
}
