//! Cost of concurrent calls, in units that do not depend on the machine: how often they are
//! committed, each of which is one flush of the disk (`synchronous = full`, write-ahead log), and how many pages of the
//! database that writes.

#![expect(clippy::unwrap_used, reason = "in a test, a panic is the report")]

use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};

use chrono::{DateTime, TimeDelta};
use ori_shared::call::CallStatus;
use ori_store::{
    Admission, Answer, ApiKeys as _, Calls as _, IdempotencyUpdate, LeaseRequest, NewCall, NewWebhook,
    Transition, Webhooks as _,
};
use ori_store_sqlite::SqliteStore;
use uuid::Uuid;

mod support;
mod together;

use support::{call, key};
use together::together;

#[tokio::test]
async fn sixty_four_calls_at_once_are_one_commit_of_few_pages() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ori.sqlite3");
    let store = SqliteStore::open(&file).await.unwrap();
    let key = key(&store).await;
    let mut log = Log::of(&file);

    let accept = async |calls: Vec<NewCall>| {
        let accepted = together(&store, calls.into_iter().map(|call| store.admit_call(call))).await;
        for acceptance in accepted {
            assert!(matches!(acceptance.unwrap(), Admission::Recorded { .. }));
        }
    };
    let step_all = async |ids: Range<u128>, from, to| {
        let steps = ids.map(|id| store.transition_call(step(id, from, to)));
        together(&store, steps)
            .await
            .into_iter()
            .map(Result::unwrap)
            .collect::<Vec<_>>()
    };
    accept(vec![call(&key, 1, None)]).await;
    log.expect(1, 6, "one call alone");
    accept((100..164).map(|id| call(&key, id, None)).collect()).await;
    log.expect(1, 8, "64 calls that come together");
    accept((200..264).map(|id| call(&key, id, Some("order"))).collect()).await;
    log.expect(1, 20, "the same, each with an idempotency key");
    let moved = step_all(200..264, &[CallStatus::Reserved], CallStatus::Sent).await;
    assert_eq!(moved, [true; 64]);
    log.expect(1, 8, "64 calls that go to their hosts");
    let moved = step_all(200..264, &[CallStatus::Sent], CallStatus::Accepted).await;
    assert_eq!(moved, [true; 64]);
    log.expect(1, 9, "64 calls that are answered");
    let moved = step_all(200..264, &[CallStatus::Reserved], CallStatus::Unknown).await;
    assert_eq!(moved, [false; 64]);
    log.expect(1, 4, "64 that do not move, of which it is kept what they tell");
}

/// However much is pending for a webhook: claiming some of it, deleting its key and ending some of it write few pages.
#[tokio::test]
async fn a_backlog_is_worked_off_in_small_commits() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ori.sqlite3");
    let store = SqliteStore::open(&file).await.unwrap();
    key(&store).await;
    let id = Uuid::from_u128(1);
    let webhook = NewWebhook {
        key: id,
        url: "https://crm.example.com/".into(),
        secret: ori_key::WebhookSecret::from_bytes([1; 32]),
        now: DateTime::UNIX_EPOCH,
    };
    store.set_webhook(webhook).await.unwrap();
    let mut connection = rusqlite::Connection::open(&file).unwrap();
    let transaction = connection.transaction().unwrap();
    let mut insert = transaction
        .prepare(
            "insert into webhook_deliveries (id, key_id, call_id, event_type, body, due_at, created_at)
             values (?1, ?2, ?1, 'call.completed', '{}', 0, 0)",
        )
        .unwrap();
    for number in 0..20_000_u128 {
        insert.execute((number.to_be_bytes(), id.as_bytes())).unwrap();
    }
    drop(insert);
    transaction.commit().unwrap();
    let mut log = Log::of(&file);

    let claim = LeaseRequest {
        claimer: id,
        now: DateTime::UNIX_EPOCH,
        lease_until: DateTime::UNIX_EPOCH + TimeDelta::seconds(30),
        limit: 64,
        unreserved: 48,
        max_bytes: usize::MAX,
        per_webhook: 4,
    };
    assert_eq!(store.claim_due_deliveries(claim).await.unwrap().len(), 4);
    log.expect(1, 20, "a claim");
    assert!(store.delete_api_key(id).await.unwrap());
    log.expect(1, 20, "a deletion");
    assert!(store.claim_due_deliveries(claim).await.unwrap().is_empty());
    log.expect(0, 0, "nothing is sent any more");
    assert_eq!(
        store.end_deliveries(DateTime::UNIX_EPOCH, 100).await.unwrap(),
        100
    );
    log.expect(1, 100, "a step");
    let past = DateTime::UNIX_EPOCH - TimeDelta::seconds(9);
    let looked = store.hasten_deliveries(past, past, None, 100).await.unwrap();
    assert!(looked.is_some());
    log.expect(1, 100, "a step after the clock was set back");
}

/// The write-ahead log. Its format: <https://www.sqlite.org/fileformat2.html#the_write_ahead_log>.
struct Log {
    file: PathBuf,
    /// Salt of the log, which changes when the log restarts.
    salts: Vec<u8>,
    /// Number of frames already read.
    seen: usize,
}

impl Log {
    fn of(database: &Path) -> Self {
        let mut file = database.as_os_str().to_owned();
        file.push("-wal");
        let mut log = Self {
            file: file.into(),
            salts: Vec::new(),
            seen: 0,
        };
        log.new_frames();
        log
    }

    /// Returns for each new frame whether it ends a commit.
    fn new_frames(&mut self) -> Vec<bool> {
        let log = fs::read(&self.file).unwrap();
        let (header, frames) = log.split_at(32);
        let page_size = u32::from_be_bytes(header[8..12].try_into().unwrap());
        if self.salts != header[16..24] {
            self.salts = header[16..24].to_vec();
            self.seen = 0;
        }
        let frames = frames.chunks_exact(24 + page_size as usize);
        let frames = frames.take_while(|frame| frame[8..16] == self.salts);
        // The last frame of a commit holds the size of the database; in the others, that is 0.
        let new: Vec<_> = frames
            .skip(self.seen)
            .map(|frame| frame[4..8] != [0; 4])
            .collect();
        self.seen += new.len();
        new
    }

    fn expect(&mut self, commits: usize, most_pages: usize, what: &str) {
        let frames = self.new_frames();
        let committed = frames.iter().filter(|is_last| **is_last).count();
        assert_eq!(committed, commits, "{what}");
        let pages = frames.len();
        assert!(
            pages <= most_pages,
            "{what}: {pages} pages, more than {most_pages}"
        );
    }
}

fn step(id: u128, from: &'static [CallStatus], to: CallStatus) -> Transition {
    Transition {
        claim: IdempotencyUpdate::Answered(Answer {
            status: 200,
            body: format!("\"{to:?}\""),
        }),
        ..Transition::new(Uuid::from_u128(id), from, to, DateTime::UNIX_EPOCH)
    }
}
