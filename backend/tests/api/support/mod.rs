//! A server to ask, people to ask it, and what they are answered.

mod answer;
mod app;
mod caller;
mod clock;
mod document;
mod process;
mod receiver;

use std::time::Duration;

pub(crate) use answer::Answer;
pub(crate) use app::{ADMIN_EMAIL, ADMIN_PASSWORD, TestApp};
pub(crate) use caller::{Anonymous, Caller, KeyHolder, Place, SignedIn, http_client, send};
pub(crate) use document::{Operation, check_documented, operations};
pub(crate) use process::{Disk, Process, Settings};
pub(crate) use receiver::{Reaction, Received, Receiver};

/// Looks again until it is so.
pub(crate) async fn until(condition: impl AsyncFn() -> bool) {
    let patience = tokio::time::timeout(Duration::from_secs(60), async {
        while !condition().await {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    });
    patience.await.expect("what was waited for did not come about");
}
