//! The database goes silent: connections stay open, and nothing passes them.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use ori_shared::error_code::ErrorCode;

use crate::lost_replies::Stage;
use ori_fixtures::until;
use ori_fixtures::{Answer, Caller as _};

const NUMBER: &str = "+919876543210";
/// Maximum time until the server works again.
const RECOVERY: Duration = Duration::from_secs(10);
/// Number of concurrent requests that use every connection of the pool.
const MANY: usize = 40;

async fn calls(stage: &Stage) -> Vec<Answer> {
    join_all((0..MANY).map(|_| stage.place("wait=5", None, NUMBER))).await
}

/// Every connection is in use, or was a moment ago.
async fn use_all_connections(stage: &Stage) {
    join_all((0..MANY).map(async |_| {
        stage.place("respond-async", None, NUMBER).await;
        stage.admin.get("/api/v1/calls").await;
    }))
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_are_accepted_again_within_ten_seconds_after_every_connection_went_silent() {
    for is_busy in [false, true] {
        let stage = Stage::new().await;
        use_all_connections(&stage).await;
        let silent = Instant::now();
        if is_busy {
            let calls = calls(&stage);
            tokio::pin!(calls);
            until_one_is_under_way(&mut calls).await;
            stage.proxy.silence_connections();
            calls.await;
        } else {
            stage.proxy.silence_connections();
        }
        until(async || stage.place("respond-async", None, NUMBER).await.status == 202).await;
        until(async || stage.admin.get("/api/v1/calls").await.status == 200).await;
        assert_eq!(stage.app.anonymous().get("/readyz").await.status, 200);
        assert!(
            silent.elapsed() < RECOVERY,
            "busy: {is_busy}: {:?}",
            silent.elapsed()
        );
        // The workers go on, too.
        let before = stage.host.dialled().len();
        stage.host.end_calls();
        stage.place("respond-async", None, NUMBER).await;
        until(async || {
            stage.host.end_calls();
            stage.host.dialled().len() > before
        })
        .await;
        assert!(
            silent.elapsed() < 2 * RECOVERY,
            "busy: {is_busy}: {:?}",
            silent.elapsed()
        );
    }
}

/// Polls the requests until the database has been asked for something.
async fn until_one_is_under_way(calls: impl Future) {
    let a_moment = tokio::time::sleep(Duration::from_millis(5));
    tokio::select! {
        _ = calls => {}
        () = a_moment => {}
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_are_answered_and_the_store_closes_while_the_network_is_gone() {
    let stage = Stage::new().await;
    use_all_connections(&stage).await;
    stage.proxy.silence_all();
    let begun = Instant::now();
    for answer in calls(&stage).await {
        let code = answer.value()["code"].clone();
        assert!(
            code == "database_unavailable" || code == "outcome_unknown",
            "{}",
            answer.text()
        );
    }
    assert_eq!(stage.app.anonymous().get("/readyz").await.status, 503);
    assert!(begun.elapsed() < 3 * RECOVERY, "{:?}", begun.elapsed());
    let closing = Instant::now();
    stage.app.store.close().await;
    assert!(closing.elapsed() < RECOVERY, "{:?}", closing.elapsed());
}

/// A proxy that has lost its server answers in its own protocol, or closes the connection.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_proxy_without_a_server_is_an_unavailable_database() {
    let stage = Stage::new().await;
    for reply in [
        &b"HTTP/1.0 503 Service Unavailable\r\n\r\n"[..],
        b"",
        b"E\0\0\0\x05\0",
    ] {
        stage.proxy.reply_without_server(Some(reply));
        let health = stage.app.anonymous().get("/readyz").await;
        health.problem(ErrorCode::DatabaseUnavailable);
        for path in ["/api/v1/api-keys", "/api/v1/calls", "/api/v1/session"] {
            let refused = stage.admin.get(path).await;
            refused.problem(ErrorCode::DatabaseUnavailable);
            assert!(refused.header("retry-after").is_some(), "{path}");
        }
        let refused = stage.place("wait=5", None, NUMBER).await;
        assert!(
            matches!(refused.status, 503 | 504)
                && refused.header("retry-after").is_some() == (refused.status == 503),
            "{}",
            refused.text()
        );
        stage.proxy.reply_without_server(None);
        until(async || stage.admin.get("/api/v1/calls").await.status == 200).await;
    }
}
