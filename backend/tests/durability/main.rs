//! What must stay true when the server is killed, a key is revoked under load, or the clock is set.
//!
//! Apart from the other tests because these take their time. Nothing here is proved by luck: what happened is recorded
//! and then checked, against what the voice host saw or against every order in which it may have taken place.

#![expect(clippy::unwrap_used, reason = "in a test, a panic is the report")]

use std::time::Duration;

mod clock;
mod crash;
#[cfg(target_os = "linux")]
mod disk;
mod revocation;
#[expect(
    dead_code,
    unused_imports,
    reason = "shared with the tests of the API, which use all of it"
)]
#[path = "../api/support/mod.rs"]
mod support;

const DIALOUT: &str = "/api/v1/sip/dialout";
const SECRET: &str = "simulated-fleet-secret";

/// Looks again until it is so.
async fn until(condition: impl AsyncFn() -> bool) {
    let patience = tokio::time::timeout(Duration::from_secs(30), async {
        while !condition().await {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    });
    patience.await.expect("what was waited for did not come about");
}
