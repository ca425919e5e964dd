//! Repetitions and races.

use super::{Stage, body};
use futures_util::future::join_all;
use ori_fixtures::{Caller as _, DIALOUT, send};
use ori_fleet::fake_host::Behaviour;
use ori_shared::call::{CallPage, PlacedCall};
use ori_shared::error_code::ErrorCode;
use serde_json::json;
use std::collections::BTreeSet;

#[tokio::test]
async fn a_lost_answer_is_told_again_and_not_dialled_again() {
    let stage = Stage::with_workers(5).await;
    stage.host.on_dial(Behaviour::HangUp);
    let first = stage
        .place_as("order-1", &body())
        .await
        .problem(ErrorCode::OutcomeUnknown);
    stage.host.on_dial(Behaviour::Honest);
    let again = stage.place_as("\"order-1\"", &body()).await;
    assert_eq!(
        (again.status, again.header("idempotent-replayed")),
        (504, Some("true"))
    );
    assert_eq!(again.value()["call_id"], json!(first.call_id));
    assert_eq!(stage.host.dialled().len(), 1);
}

/// A proxy in front of the fullest hosts answers for workers that have dialled: no other host may be asked.
#[tokio::test]
async fn a_503_of_a_proxy_rings_once_and_is_answered_as_unknown() {
    let (stage, other) = Stage::with_two_hosts(9, 1).await;
    stage.host.on_dial(Behaviour::Proxy {
        status: 503,
        content_type: "text/plain",
        body: "upstream connect error or disconnect/reset before headers. reset reason: connection termination",
    });
    let problem = stage.place(body()).await.problem(ErrorCode::OutcomeUnknown);
    assert!(problem.call_id.is_some());
    assert_eq!((stage.host.dialled().len(), other.dialled().len()), (1, 0));
}

#[tokio::test]
async fn forty_racing_posts_with_one_idempotency_key_dial_once() {
    let stage = Stage::with_workers(50).await;
    let order = body();
    let answers = join_all((0..40).map(|_| stage.place_as("order-1", &order))).await;
    assert_eq!(stage.host.dialled().len(), 1);
    let mut calls = BTreeSet::new();
    for answer in answers {
        match answer.status {
            200 => drop(calls.insert(answer.json::<PlacedCall>().call_id)),
            _ => drop(answer.problem(ErrorCode::IdempotencyInProgress)),
        }
    }
    assert_eq!(calls.len(), 1);
    let mismatch = stage
        .place_as("order-1", &json!({"bot_id": "bot", "to_number": "+14155550100"}))
        .await
        .problem(ErrorCode::IdempotencyMismatch);
    assert_eq!(mismatch.call_id, calls.first().copied());
    assert_eq!(stage.place_as("order-2", &order).await.status, 200);
}

/// One request in other bytes, as another JSON library or another version of a CRM writes it.
#[tokio::test]
async fn the_same_request_in_other_bytes_is_a_repetition() {
    let stage = Stage::with_workers(5).await;
    let ways = [
        r#"{"bot_id":"bot","to_number":"+919876543210","from_number":"+442079460018","variables":{"due":50000.0,"who":{"a":1,"b":[2]}}}"#,
        r#"{"variables":{"who":{"b":[2],"a":1},"due":50000},"from_number":"+442079460018","to_number":"+919876543210","bot_id":"bot"}"#,
        r#"{ "bot_id": "bot", "to_number": "91 98765-43210", "from_number": "+44 (0)20 7946 0018",
             "connected_event": { "due": 5e4, "who": { "a": 1.0, "b": [ 2 ] } } }"#,
    ];
    let mut first = None;
    for way in ways {
        let request = stage.key.request(reqwest::Method::POST, DIALOUT);
        let request = request
            .header("idempotency-key", "order-1")
            .header("content-type", "application/json");
        let answer = send(request.body(way)).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        let call = answer.json::<PlacedCall>().call_id;
        assert_eq!(*first.get_or_insert(call), call, "{way}");
    }
    assert_eq!(stage.host.dialled().len(), 1);
}

#[tokio::test]
async fn a_call_reference_makes_repeating_safe_without_headers() {
    let stage = Stage::with_workers(5).await;
    let order = json!({"bot_id": "bot", "to_number": "+919876543210", "call_reference": "case-1"});
    let first: PlacedCall = stage.place(order.clone()).await.json();
    let again = stage.place(order).await;
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    assert_eq!(again.json::<PlacedCall>().call_id, first.call_id);
    let found: CallPage = stage.key.get("/api/v1/calls?reference=case-1").await.json();
    assert_eq!(found.items.len(), 1);
}

#[tokio::test]
async fn thirty_racing_posts_on_three_free_workers_dial_three() {
    let stage = Stage::with_workers(3).await;
    let answers = join_all((0..30).map(|_| stage.place(body()))).await;
    let placed = answers.iter().filter(|answer| answer.status == 200).count();
    assert_eq!((placed, stage.host.dialled().len()), (3, 3));
    for refused in answers.iter().filter(|answer| answer.status != 200) {
        refused.problem(ErrorCode::NoCapacity);
        assert_eq!(refused.header("retry-after"), Some("5"));
    }
}

#[tokio::test]
async fn what_was_refused_for_want_of_room_may_be_tried_anew_under_the_same_key() {
    let stage = Stage::with_workers(1).await;
    stage.host.take(1);
    stage.until_room(0).await;
    stage
        .place_as("order-1", &body())
        .await
        .problem(ErrorCode::NoCapacity);
    stage.host.take(0);
    stage.until_room(1).await;
    assert_eq!(stage.place_as("order-1", &body()).await.status, 200);
}
