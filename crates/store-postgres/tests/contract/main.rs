//! PostgreSQL keeps what every engine must keep.

#![expect(clippy::unwrap_used, reason = "in a test, a panic is the report")]

mod cost;
mod groups;
mod opening;
mod races;
mod snapshots;
mod support;

use std::sync::Arc;

use ori_store::Store;
use ori_store_postgres::PostgresStore;

use support::{call, database, options, with_key};

async fn open() -> ((), Arc<dyn Store>) {
    let store = PostgresStore::open(&options(database().await)).await.unwrap();
    ((), Arc::new(store))
}

ori_store::suite!(open);

/// SQLite keeps U+0000, and PostgreSQL has no place for it: what holds one is not refused, be it looked for or kept.
#[tokio::test]
async fn a_text_with_a_null_in_it_is_kept_readably() {
    let (_guard, store) = open().await;
    assert!(store.credentials("a\0da@example.com").await.unwrap().is_none());
    let search = ori_store::ApiKeyQuery {
        search: "\0".into(),
        limit: 1,
        ..Default::default()
    };
    assert_eq!(store.list_api_keys(search).await.unwrap().total, 0);
    let stranger = ori_store::CallResult {
        worker_call_id: Some("\0".into()),
        transcript: Some("a\0b".into()),
        ..Default::default()
    };
    assert_eq!(store.add_call_result(stranger).await.unwrap(), None);
    with_key(store.as_ref()).await;
    let mut new = call(1);
    new.order.bot_id = "bot\0".into();
    new.order.variables.insert("a".into(), "\0".into());
    new.queue_limit = Some(1);
    store.admit_call(new).await.unwrap();
    let waiting = store.queued_calls(None, 1).await.unwrap().remove(0);
    assert_eq!(waiting.order.bot_id, "bot\u{fffd}");
    assert_eq!(waiting.order.variables["a"], "\0");
}
