//! Concurrent changes.

use futures_util::future::{join, join_all};
use ori_store_sqlite::SqliteStore;

/// Submits the changes while the writer is blocked, so that they form one group.
pub(crate) async fn together<T>(
    store: &SqliteStore,
    asked: impl Iterator<Item = impl Future<Output = T>>,
) -> Vec<T> {
    let held = store.hold().await.unwrap();
    let let_go = async { drop(held) };
    join(join_all(asked), let_go).await.0
}
