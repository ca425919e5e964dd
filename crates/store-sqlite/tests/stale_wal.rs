//! A write-ahead log is replayed over the file that it belongs to, and over no other.

#![expect(clippy::unwrap_used, reason = "in a test, a panic is the report")]

mod support;

use std::fs;
use std::path::{Path, PathBuf};

use ori_store::{Calls as _, Store as _};
use ori_store_sqlite::SqliteStore;
use support::{call, key};
use tempfile::TempDir;
use uuid::Uuid;

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for file in fs::read_dir(from).unwrap() {
        let file = file.unwrap();
        fs::copy(file.path(), to.join(file.file_name())).unwrap();
    }
}

/// A copy that SQLite makes: of the database as it is now, whatever is in the log.
fn backup(database: &Path, to: &Path) {
    let connection = rusqlite::Connection::open(database).unwrap();
    connection
        .execute("vacuum into ?1", [to.to_str().unwrap()])
        .unwrap();
}

async fn is_there(store: &SqliteStore, number: u128) -> bool {
    store.call(Uuid::from_u128(number)).await.unwrap().is_some()
}

/// A folder as it is found after a crash: call 1 was made before the last start, call 2 after it and before a backup, call 3
/// after that.
struct Crashed {
    folder: TempDir,
    /// The file as it was between the two runs.
    between_runs: PathBuf,
    /// A backup that was made in the last run.
    in_last_run: PathBuf,
}

impl Crashed {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let live = folder.path().join("live");
        let database = live.join("ori.sqlite3");
        let store = SqliteStore::open(&database).await.unwrap();
        let key = key(&store).await;
        store.admit_call(call(&key, 1, None)).await.unwrap();
        store.close().await;
        let between_runs = folder.path().join("between_runs");
        fs::copy(&database, &between_runs).unwrap();

        let store = SqliteStore::open(&database).await.unwrap();
        store.admit_call(call(&key, 2, None)).await.unwrap();
        let in_last_run = folder.path().join("in_last_run");
        backup(&database, &in_last_run);
        store.admit_call(call(&key, 3, None)).await.unwrap();
        copy(&live, &folder.path().join("crashed"));
        store.close().await;
        let crashed = Self {
            folder,
            between_runs,
            in_last_run,
        };
        assert!(fs::metadata(crashed.file("-wal")).unwrap().len() > 0);
        crashed
    }

    fn file(&self, suffix: &str) -> PathBuf {
        self.folder.path().join(format!("crashed/ori.sqlite3{suffix}"))
    }

    async fn open(&self) -> ori_store::Result<SqliteStore> {
        SqliteStore::open(&self.file("")).await
    }
}

#[tokio::test]
async fn the_log_that_a_crash_left_is_replayed() {
    let crashed = Crashed::new().await;
    let store = crashed.open().await.unwrap();
    for number in 1..=3 {
        assert!(is_there(&store, number).await, "{number}");
    }
    store.close().await;
}

/// A process may be killed at any moment, also while it starts, and again while it recovers.
#[tokio::test]
async fn a_crash_after_a_crash_is_recovered_from() {
    let crashed = Crashed::new().await;
    for round in 0..3 {
        let store = crashed.open().await.unwrap();
        assert!(is_there(&store, 3).await, "{round}");
        let image = crashed.folder.path().join(format!("image-{round}"));
        copy(crashed.file("").parent().unwrap(), &image);
        store.close().await;
        let again = SqliteStore::open(&image.join("ori.sqlite3")).await.unwrap();
        assert!(is_there(&again, 3).await, "{round}");
        again.close().await;
    }
}

#[tokio::test]
async fn a_restored_backup_beside_an_old_log_is_refused_until_that_is_deleted() {
    for (is_of_last_run, has_two) in [(false, false), (true, true)] {
        let crashed = Crashed::new().await;
        let restored = if is_of_last_run {
            &crashed.in_last_run
        } else {
            &crashed.between_runs
        };
        fs::copy(restored, crashed.file("")).unwrap();
        // Each start refuses it, not only the first.
        for _ in 0..2 {
            let refused = crashed.open().await.err().unwrap();
            let why = std::error::Error::source(&refused).unwrap().to_string();
            for file in ["ori.sqlite3-wal", "ori.sqlite3-shm", "ori.sqlite3.run", "delete"] {
                assert!(why.contains(file), "{why}");
            }
        }
        fs::remove_file(crashed.file("-wal")).unwrap();
        fs::remove_file(crashed.file("-shm")).unwrap();
        let store = crashed.open().await.unwrap();
        assert!(is_there(&store, 1).await);
        assert_eq!(is_there(&store, 2).await, has_two);
        assert!(!is_there(&store, 3).await);
        store.close().await;
    }
}

/// A clean stop leaves no log: a backup is put in its place without any more ado.
#[tokio::test]
async fn a_backup_is_restored_after_a_clean_stop() {
    let crashed = Crashed::new().await;
    crashed.open().await.unwrap().close().await;
    fs::copy(&crashed.between_runs, crashed.file("")).unwrap();
    let store = crashed.open().await.unwrap();
    assert!(is_there(&store, 1).await && !is_there(&store, 2).await);
    store.close().await;
}

/// A file and its log that were restored together: the operator says so by deleting the mark.
#[tokio::test]
async fn a_log_that_was_restored_with_its_file_is_replayed_once_the_mark_is_deleted() {
    let crashed = Crashed::new().await;
    let (file, log) = (
        fs::read(crashed.file("")).unwrap(),
        fs::read(crashed.file("-wal")).unwrap(),
    );
    crashed.open().await.unwrap().close().await;
    fs::write(crashed.file(""), file).unwrap();
    fs::write(crashed.file("-wal"), log).unwrap();
    assert!(crashed.open().await.is_err());
    fs::remove_file(crashed.file(".run")).unwrap();
    let store = crashed.open().await.unwrap();
    assert!(is_there(&store, 3).await);
    store.close().await;
}
