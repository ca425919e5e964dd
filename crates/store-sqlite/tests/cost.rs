//! What many calls cost that are asked for at once, counted in what does not depend on the machine: how often the
//! writer's thread is asked, and how often it commits. Each commit is one flush of the disk (`synchronous = full`,
//! write-ahead log).

#![expect(clippy::unwrap_used, reason = "in a test, a panic is the report")]

use std::fmt::{Debug, Write as _};
use std::ops::Range;
use std::sync::{Arc, Mutex};

use chrono::DateTime;
use futures_util::future::{join, join_all};
use ori_shared::call::CallStatus;
use ori_store::{Acceptance, Answer, CallStep, Calls as _, ClaimFate, NewCall};
use ori_store_sqlite::SqliteStore;
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};
use uuid::Uuid;

mod support;

use support::{call, key};

#[tokio::test]
async fn sixty_four_calls_at_once_cost_as_many_statements_as_a_few() {
    let statements = Statements::default();
    let subscriber = tracing_subscriber::registry().with(statements.clone());
    tracing::subscriber::set_global_default(subscriber).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(&folder.path().join("ori.sqlite3"))
        .await
        .unwrap();
    let key = key(&store).await;
    statements.0.lock().unwrap().clear();

    let accept = async |calls: Vec<NewCall>| {
        let accepted = together(&store, calls.into_iter().map(|call| store.accept_call(call))).await;
        for acceptance in accepted {
            assert!(matches!(acceptance.unwrap(), Acceptance::Recorded { .. }));
        }
    };
    let step_all = async |ids: Range<u128>, from, to| {
        let steps = ids.map(|id| store.step_call(step(id, from, to)));
        together(&store, steps)
            .await
            .into_iter()
            .map(Result::unwrap)
            .collect::<Vec<_>>()
    };
    accept(vec![call(&key, 1, None)]).await;
    statements
        .expect(&store, 1, 1, "one call alone: its own way to the disk and back")
        .await;
    accept((100..164).map(|id| call(&key, id, None)).collect()).await;
    statements
        .expect(&store, 1, 1, "64 calls that come together")
        .await;
    accept((200..264).map(|id| call(&key, id, Some("order"))).collect()).await;
    statements
        .expect(
            &store,
            2,
            1,
            "the same, of which each has to be compared with one before",
        )
        .await;
    let moved = step_all(200..264, &[CallStatus::Reserved], CallStatus::Sent).await;
    assert_eq!(moved, [true; 64]);
    statements
        .expect(&store, 1, 1, "64 calls that go to their hosts")
        .await;
    let moved = step_all(200..264, &[CallStatus::Sent], CallStatus::Accepted).await;
    assert_eq!(moved, [true; 64]);
    statements
        .expect(&store, 1, 1, "64 calls that are answered")
        .await;
    let moved = step_all(200..264, &[CallStatus::Sent], CallStatus::Accepted).await;
    assert_eq!(moved, [false; 64]);
    statements
        .expect(
            &store,
            3,
            2,
            "64 that do not move: tried, read, and kept what they tell",
        )
        .await;
}

/// Has them asked for while nobody can write.
async fn together<T>(store: &SqliteStore, asked: impl Iterator<Item = impl Future<Output = T>>) -> Vec<T> {
    let held = store.hold().await.unwrap();
    let let_go = async { drop(held) };
    join(join_all(asked), let_go).await.0
}

/// All that is sent to the database at once counts as one.
#[derive(Clone, Default)]
struct Statements(Arc<Mutex<Vec<String>>>);

impl Statements {
    async fn expect(&self, store: &SqliteStore, sent: usize, commits: usize, what: &str) {
        // What was sent is told of behind its outcome. Whoever has the writer next asks whether it still answers, and
        // that comes behind.
        for _ in 0..2 {
            drop(store.hold().await.unwrap());
        }
        let seen = std::mem::take(&mut *self.0.lock().unwrap());
        // A statement alone is a transaction by itself.
        let is_committed =
            |sql: &&String| sql.contains("commit") || !sql.contains("begin") && seen.len() == 1;
        let committed = seen.iter().filter(is_committed).count();
        assert_eq!((seen.len(), committed), (sent, commits), "{what}: {seen:#?}");
    }
}

impl<S: Subscriber> Layer<S> for Statements {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        if event.metadata().target() == "sqlx::query" {
            let mut told = Told(String::new());
            event.record(&mut told);
            self.0.lock().unwrap().push(told.0);
        }
    }
}

struct Told(String);

impl Visit for Told {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        if field.name() == "db.statement" || field.name() == "summary" {
            write!(self.0, "{value:?} ").unwrap();
        }
    }
}

fn step(id: u128, from: &'static [CallStatus], to: CallStatus) -> CallStep {
    CallStep {
        claim: ClaimFate::Answered(Answer {
            status: 200,
            body: "{}".into(),
        }),
        ..CallStep::new(Uuid::from_u128(id), from, to, DateTime::UNIX_EPOCH)
    }
}
