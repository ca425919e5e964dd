//! Results that a fake host posts when a call has ended (platform, section 4).

use std::time::Duration;

use ori_fleet::fake_host::{Behaviour, FakeHost, Script};
use ori_fleet::{Dial, Url};
use serde_json::Value;

use crate::support::*;

/// Starts a fake host whose responses to dial requests stand for the console's responses to results.
async fn console() -> (FakeHost, Url) {
    let console = host().await;
    console.on_dial(Behaviour::status(200));
    let url = console.url().join("livekit/dialout").unwrap();
    (console, url)
}

async fn host_that_posts_to(url: Url, duplicate_every: u64) -> FakeHost {
    host_of(Script {
        results_url: Some(url),
        results_pause: Duration::from_millis(1),
        duplicate_every,
        ..Script::default()
    })
    .await
}

fn posted(console: &FakeHost) -> Vec<Value> {
    let bodies = console.requests().into_iter().map(|request| request.body);
    bodies
        .map(|body| serde_json::from_slice(&body).unwrap())
        .collect()
}

async fn call(host: &FakeHost, to_number: &str) {
    let fleet = polled(config(&[host])).await;
    let dial = Dial {
        to_number: to_number.to_owned(),
        ..dial_request()
    };
    reserve(&fleet).dial(&dial).await;
}

#[tokio::test]
async fn a_result_has_both_ids_of_the_call_and_its_end() {
    let (console, url) = console().await;
    let host = host_that_posts_to(url, 0).await;
    for (n, (number, word)) in [
        ("+4915100000000", "no_answer"),
        ("+4915100000006", "rejected"),
        ("+4915100000009", "voicemail"),
        ("+4915100000001", "user"),
    ]
    .into_iter()
    .enumerate()
    {
        call(&host, number).await;
        assert_eq!(host.running(), 1);
        host.end_calls();
        host.until_results(n as u64 + 1).await;
        let result = posted(&console).remove(n);
        assert_eq!(result["disconnected_by"], word);
        assert_eq!(result["caller_id"], number);
        assert_eq!(result["connected_event"]["ori_call_id"], "call-1");
        assert_eq!(result["call_id"], result["session_id"]);
        assert!(result["stream_id"].is_string() && result["call_duration_seconds"].is_u64());
    }
    assert!(
        console
            .requests()
            .iter()
            .all(|r| r.headers["x-fleet-secret"] == "simulated-fleet-secret")
    );
}

#[tokio::test]
async fn a_result_is_posted_twice_if_configured() {
    let (console, url) = console().await;
    let host = host_that_posts_to(url, 1).await;
    call(&host, "+4915100000001").await;
    host.end_calls();
    host.until_results(2).await;
    let posted = posted(&console);
    assert_eq!(posted[0], posted[1]);
}

#[tokio::test]
async fn a_result_that_is_not_accepted_is_posted_again() {
    let (console, url) = console().await;
    console.on_dial(Behaviour::status(503));
    let host = host_that_posts_to(url, 0).await;
    call(&host, "+4915100000001").await;
    host.end_calls();
    console.until_requests(1).await;
    console.on_dial(Behaviour::status(200));
    host.until_results(1).await;
}
