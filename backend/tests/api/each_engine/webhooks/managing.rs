//! Setting, changing and removing webhooks.

use chrono::TimeDelta;
use ori_shared::error_code::ErrorCode;
use ori_shared::webhook::{CreatedWebhook, DeliveryStatus, WebhookDeliveryPage, WebhookView};
use serde_json::json;
use uuid::Uuid;

use super::{Stage, hook};
use ori_fixtures::Caller as _;

#[tokio::test]
async fn the_secret_is_in_the_first_answer_alone() {
    let stage = Stage::new().await;
    let key = stage.admin.create_key("CRM").await.view.id;
    let made = stage.set(key, "https://crm.example.com/hook").await;
    assert_eq!(made.status, 201);
    let created: CreatedWebhook = made.json();
    assert!(created.secret.starts_with("whsec_") && created.secret.len() == 50);
    assert_eq!(created.view.created_at, stage.app.now());

    stage.app.advance(TimeDelta::minutes(1));
    let changed = stage.set(key, "https://crm.example.com/other").await;
    assert_eq!((changed.status, changed.value().get("secret")), (200, None));
    let view: WebhookView = changed.json();
    assert_eq!(view.url, "https://crm.example.com/other");
    assert_eq!(
        (view.created_at, view.updated_at),
        (created.view.created_at, stage.app.now())
    );
    let shown = stage.admin.get(&hook(key)).await;
    assert_eq!(
        (shown.json::<WebhookView>(), shown.value().get("secret")),
        (view, None)
    );
}

#[tokio::test]
async fn an_address_that_no_event_may_go_to_is_refused_by_its_field() {
    let stage = Stage::with("").await;
    let key = stage.admin.create_key("CRM").await.view.id;
    for (url, reason) in [
        ("crm.example.com", "whole address"),
        ("http://crm.example.com/", "https"),
        ("http://localhost/", "https"),
        ("http://127.0.0.1:8080/", "not public"),
        ("https://10.0.0.1/", "not public"),
        ("https://[fd00::1]/", "not public"),
        ("https://ada:secret@crm.example.com/", "password"),
        ("https://crm.example.com/#x", "#"),
    ] {
        let fault = stage.set(key, url).await.fault("/url");
        assert!(fault.contains(reason), "{url}: {fault}");
    }
    let long = format!("https://crm.example.com/{}", "x".repeat(2048));
    assert!(stage.set(key, &long).await.fault("/url").contains("2048"));
    stage
        .admin
        .get(&hook(key))
        .await
        .problem(ErrorCode::WebhookNotFound);
    for body in [
        json!({}),
        json!({"url": null}),
        json!({"url": "https://crm.example.com/", "secret": "mine"}),
    ] {
        stage
            .admin
            .put(&hook(key), body)
            .await
            .problem(ErrorCode::InvalidBody);
    }
}

#[tokio::test]
async fn what_is_not_there_is_told_by_its_code() {
    let stage = Stage::new().await;
    let none = Uuid::nil();
    stage
        .set(none, "https://crm.example.com/")
        .await
        .problem(ErrorCode::ApiKeyNotFound);
    let bare = stage.admin.create_key("CRM").await.view.id;
    for key in [none, bare] {
        let secret = format!("{}/secret", hook(key));
        stage
            .admin
            .get(&hook(key))
            .await
            .problem(ErrorCode::WebhookNotFound);
        stage
            .admin
            .delete(&hook(key))
            .await
            .problem(ErrorCode::WebhookNotFound);
        stage
            .admin
            .post(&secret, json!({}))
            .await
            .problem(ErrorCode::WebhookNotFound);
    }
    let replay = format!("/api/v1/webhook-deliveries/{none}/replay");
    stage
        .admin
        .post(&replay, json!({}))
        .await
        .problem(ErrorCode::WebhookDeliveryNotFound);
    for wrong in ["?limit=0", "?status=lost", "?key_id=x", "?page=2"] {
        let path = format!("/api/v1/webhook-deliveries{wrong}");
        stage.admin.get(&path).await.problem(ErrorCode::MalformedQuery);
    }
}

#[tokio::test]
async fn a_removed_webhook_takes_what_is_pending_along() {
    let stage = Stage::new().await;
    let key = stage.hooked().await;
    stage.receiver.answer(500);
    let call = stage.ended_call(&key).await;
    stage.until_waits(call, 1, 5).await;
    assert_eq!(stage.admin.delete(&hook(key.id)).await.status, 204);
    stage
        .admin
        .get(&hook(key.id))
        .await
        .problem(ErrorCode::WebhookNotFound);
    let given_up = stage
        .until_delivery(call, |delivery| delivery.status == DeliveryStatus::Failed)
        .await;
    assert_eq!(
        (
            given_up.status,
            given_up.last_error.as_deref(),
            given_up.next_attempt_at
        ),
        (DeliveryStatus::Failed, Some("webhook_removed"), None)
    );
    let replay = format!("/api/v1/webhook-deliveries/{}/replay", given_up.id);
    stage
        .admin
        .post(&replay, json!({}))
        .await
        .problem(ErrorCode::WebhookInactive);
    stage.ended_call(&key).await;
    assert_eq!(stage.deliveries("").await.len(), 1, "no event without a webhook");
}

#[tokio::test]
async fn a_key_can_be_deleted_and_its_webhook_goes_with_it() {
    let stage = Stage::new().await;
    let key = stage.hooked().await;
    stage.receiver.answer(500);
    let call = stage.ended_call(&key).await;
    stage.until_waits(call, 1, 5).await;
    let path = format!("/api/v1/api-keys/{}", key.id);
    assert_eq!(stage.admin.delete(&path).await.status, 204);
    stage
        .admin
        .get(&hook(key.id))
        .await
        .problem(ErrorCode::WebhookNotFound);
    stage
        .until_delivery(call, |delivery| delivery.status == DeliveryStatus::Failed)
        .await;
    stage.report(call, json!({"disconnected_by": "error"})).await;
    assert_eq!(stage.deliveries("").await.len(), 1);
}

#[tokio::test]
async fn deliveries_are_read_in_pages_and_by_what_they_are_about() {
    let stage = Stage::new().await;
    let (key, other) = (stage.hooked().await, stage.hooked().await);
    stage.receiver.answer(500);
    let mut calls = Vec::new();
    for whose in [&key, &key, &other] {
        let call = stage.ended_call(whose).await;
        stage.until_waits(call, 1, 5).await;
        stage.app.advance(TimeDelta::milliseconds(1));
        calls.push(call);
    }
    let first: WebhookDeliveryPage = stage.admin.get("/api/v1/webhook-deliveries?limit=2").await.json();
    assert_eq!(
        first.items.iter().map(|one| one.call_id).collect::<Vec<_>>(),
        [calls[2], calls[1]]
    );
    let rest = format!("?limit=2&cursor={}", first.next_cursor.unwrap());
    let path = format!("/api/v1/webhook-deliveries{rest}");
    let rest: WebhookDeliveryPage = stage.admin.get(&path).await.json();
    assert_eq!(
        rest.items.iter().map(|one| one.call_id).collect::<Vec<_>>(),
        [calls[0]]
    );
    assert_eq!((rest.next_cursor, rest.server_time), (None, stage.app.now()));
    assert_eq!(stage.deliveries(&format!("?key_id={}", other.id)).await.len(), 1);
    assert_eq!(stage.deliveries("?status=pending").await.len(), 3);
    assert_eq!(stage.deliveries("?status=delivered").await.len(), 0);
}
