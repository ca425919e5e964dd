//! What the server promises to whoever talks HTTP with it, once more where it keeps everything on PostgreSQL.

#![expect(clippy::unwrap_used, reason = "in a test, a panic is the report")]

#[path = "../api/api_keys.rs"]
mod api_keys;
#[path = "../api/authorization.rs"]
mod authorization;
#[path = "../api/dialout/mod.rs"]
mod dialout;
mod disconnect;
#[path = "../api/engine/postgres.rs"]
mod engine;
#[path = "../api/expiry.rs"]
mod expiry;
mod import;
mod lost_replies;
mod proxy;
mod replicas;
#[path = "../durability/revocation/mod.rs"]
mod revocation;
#[path = "../api/session.rs"]
mod session;
#[path = "../api/settings.rs"]
mod settings;
#[path = "../api/setup.rs"]
mod setup;
mod silence;
#[expect(
    dead_code,
    unused_imports,
    reason = "shared with the tests on SQLite, which use all of it"
)]
#[path = "../api/support/mod.rs"]
mod support;
#[path = "../api/webhooks/mod.rs"]
mod webhooks;

use std::time::Duration;

const DIALOUT: &str = "/api/v1/sip/dialout";
const SECRET: &str = "simulated-fleet-secret";

/// Looks again until it is so.
async fn until(condition: impl AsyncFn() -> bool) {
    let patience = tokio::time::timeout(Duration::from_secs(60), async {
        while !condition().await {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    });
    patience.await.expect("what was waited for did not come about");
}
