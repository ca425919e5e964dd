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
