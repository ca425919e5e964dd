//! No event goes into a private network that is not configured.

use std::io::ErrorKind;
use std::net::TcpListener;

use ori_shared::account::Role;

use super::{LOOPBACK, Stage, silently_ended_call};
use ori_fixtures::Receiver;

#[tokio::test]
async fn a_name_that_leads_into_a_private_network_is_not_connected_to() {
    let stage = Stage::with("").await;
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let port = listener.local_addr().unwrap().port();
    let key = stage.hooked_to(&format!("https://localhost:{port}/hook")).await;
    let call = stage.ended_call(&key).await;
    let waiting = stage.until_waits(call, 1, 5).await;
    assert_eq!(
        (waiting.last_status, waiting.last_error.as_deref()),
        (None, Some("private_address"))
    );
    assert_eq!(listener.accept().unwrap_err().kind(), ErrorKind::WouldBlock);
}

#[tokio::test]
async fn what_was_permitted_once_is_not_connected_to_when_it_is_no_more() {
    let before = Stage::new().await;
    let named = before.receiver.url().replace("127.0.0.1", "localhost");
    let mut calls = Vec::new();
    for url in [before.receiver.url(), named] {
        let key = before.hooked_to(&url).await;
        calls.push(silently_ended_call(&before.app, &key, before.app.now()).await);
    }
    let app = before.app.restart(&super::basics()).await;
    let after = Stage {
        admin: app.person(Role::SuperAdmin).await,
        receiver: Receiver::start(),
        app,
    };
    for call in calls {
        let waiting = after.until_waits(call, 1, 5).await;
        assert_eq!(waiting.last_error.as_deref(), Some("private_address"));
    }
    assert!(before.receiver.received().is_empty());
}

#[tokio::test]
async fn a_name_in_a_configured_network_is_reached_over_plain_http() {
    let stage = Stage::with(LOOPBACK).await;
    let named = stage.receiver.url().replace("127.0.0.1", "localhost");
    let key = stage.hooked_to(&named).await;
    let call = stage.ended_call(&key).await;
    stage.until_delivered(call).await;
}

#[tokio::test]
async fn a_name_that_nobody_knows_is_told_as_such() {
    let stage = Stage::new().await;
    // RFC 2606: there will never be such a name.
    let key = stage.hooked_to("https://crm.invalid/hook").await;
    let call = stage.ended_call(&key).await;
    let waiting = stage.until_waits(call, 1, 5).await;
    assert_eq!(waiting.last_error.as_deref(), Some("name_not_found"));
}

#[tokio::test]
async fn each_reason_why_no_connection_is_made_has_its_word() {
    let stage = Stage::new().await;
    let unencrypted = stage.receiver.url().replace("http:", "https:");
    for (url, error) in [
        (unencrypted.as_str(), "tls_failed"),
        ("https://127.0.0.1:9/", "not_connected"),
        ("https://crm.invalid/", "name_not_found"),
    ] {
        let key = stage.hooked_to(url).await;
        let call = stage.ended_call(&key).await;
        let waiting = stage.until_waits(call, 1, 5).await;
        assert_eq!(waiting.last_error.as_deref(), Some(error), "{url}");
    }
}
