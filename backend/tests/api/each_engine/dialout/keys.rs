//! Which key may place and see which call.

use super::{Stage, body, until};
use chrono::TimeDelta;
use futures_util::future::join_all;
use ori_fixtures::{Answer, Caller as _, DIALOUT, Place};
use ori_shared::call::{CallPage, PlacedCall};
use ori_shared::error_code::ErrorCode;
use serde_json::json;

#[tokio::test]
async fn a_revoked_key_is_refused_from_the_next_request_on() {
    let stage = Stage::with_workers(20).await;
    let key = format!("/api/v1/api-keys/{}", stage.key_id);
    assert_eq!(stage.place(body()).await.status, 200);
    stage.admin.patch(&key, json!({"is_active": false})).await;
    stage.place(body()).await.problem(ErrorCode::ApiKeyInactive);
    stage
        .key
        .get("/api/v1/auth/whoami")
        .await
        .problem(ErrorCode::ApiKeyInactive);
    stage
        .admin
        .patch(
            &key,
            json!({"is_active": true, "expires_at": stage.app.now() + TimeDelta::seconds(60)}),
        )
        .await;
    assert_eq!(stage.place(body()).await.status, 200);
    stage.app.advance(TimeDelta::seconds(60));
    stage.place(body()).await.problem(ErrorCode::ApiKeyExpired);
    stage.app.advance(TimeDelta::seconds(-1));
    assert_eq!(stage.place(body()).await.status, 200);
    stage.admin.delete(&key).await;
    stage.place(body()).await.problem(ErrorCode::InvalidApiKey);
    assert_eq!(stage.host.dialled().len(), 3);
    let kept: CallPage = stage.admin.get("/api/v1/calls").await.json();
    assert_eq!(kept.items.len(), 3, "the log outlives the key");
}

#[tokio::test]
async fn whoever_has_no_key_that_works_is_told_that_and_nothing_of_the_rest() {
    let stage = Stage::with_workers(20).await;
    let key = format!("/api/v1/api-keys/{}", stage.key_id);
    let noted = async || {
        let key = stage.app.store.api_key(stage.key_id).await.unwrap().unwrap();
        key.last_refused_at
    };
    for faulty in [json!({}), json!({"bot_id": "b", "to_number": "+1"}), json!([])] {
        assert_eq!(stage.place(body()).await.status, 200);
        stage.app.advance(TimeDelta::seconds(60));
        stage.admin.patch(&key, json!({"is_active": false})).await;
        stage.place(faulty).await.problem(ErrorCode::ApiKeyInactive);
        assert_eq!(noted().await, Some(stage.app.now()));
        stage.admin.patch(&key, json!({"is_active": true})).await;
    }
    assert_eq!(stage.place(body()).await.status, 200);
    stage.app.advance(TimeDelta::seconds(60));
    stage.admin.patch(&key, json!({"is_active": false})).await;
    stage.place(body()).await.problem(ErrorCode::ApiKeyInactive);
    assert_eq!(noted().await, Some(stage.app.now()), "by the step that decides");
    stage.admin.delete(&key).await;
    stage.place(json!({})).await.problem(ErrorCode::InvalidApiKey);
}

#[tokio::test]
async fn no_request_that_began_after_a_revocation_was_answered_is_accepted() {
    let stage = Stage::with_workers(2_000).await;
    let key = format!("/api/v1/api-keys/{}", stage.key_id);
    for round in 0..100 {
        let storm = join_all((0..6).map(|_| stage.place(body())));
        let revoke = async {
            let answer = stage.admin.patch(&key, json!({"is_active": false})).await;
            assert_eq!(answer.status, 200);
            // The revocation has been answered: whatever begins from here on comes after it.
            join_all((0..3).map(|_| stage.place(body()))).await
        };
        let (_, after) = tokio::join!(storm, revoke);
        for late in after {
            assert_eq!(late.verdict(), "403 api_key_inactive", "round {round}");
        }
        stage.admin.patch(&key, json!({"is_active": true})).await;
    }
    let accepted: CallPage = stage
        .admin
        .get("/api/v1/calls?limit=1000&status=accepted")
        .await
        .json();
    assert_eq!(accepted.items.len(), stage.host.dialled().len());
}

#[tokio::test]
async fn unknown_deleted_and_missing_keys_are_told_alike_and_guessing_is_slowed_without_hurting_neighbours() {
    let stage = Stage::with_workers(2).await;
    let gone = stage.admin.create_key("Gone").await;
    stage
        .admin
        .delete(&format!("/api/v1/api-keys/{}", gone.view.id))
        .await;
    let bland = |answer: Answer| {
        let mut problem = answer.problem(ErrorCode::InvalidApiKey);
        problem.request_id.clear();
        problem
    };
    let deleted = stage.app.anonymous().with_key(&gone.key, Place::Header);
    let told = bland(deleted.post(DIALOUT, body()).await);
    assert_eq!(told, bland(stage.app.anonymous().post(DIALOUT, body()).await));
    let made_up = stage.app.anonymous().with_key("ori_made_up", Place::Header);
    assert_eq!(told, bland(made_up.post(DIALOUT, body()).await));
    until(async || made_up.get("/api/v1/auth/whoami").await.status == 429).await;
    assert!(
        made_up
            .post(DIALOUT, body())
            .await
            .header("retry-after")
            .is_some()
    );
    assert_eq!(stage.place(body()).await.status, 200);
}

#[tokio::test]
async fn a_refused_attempt_with_a_known_key_is_noted_once_a_minute() {
    let stage = Stage::with_workers(1).await;
    let noted = async || {
        stage
            .app
            .store
            .api_key(stage.key_id)
            .await
            .unwrap()
            .unwrap()
            .last_refused_at
    };
    stage
        .admin
        .patch(
            &format!("/api/v1/api-keys/{}", stage.key_id),
            json!({"is_active": false}),
        )
        .await;
    let first = stage.app.now();
    stage.place(body()).await.problem(ErrorCode::ApiKeyInactive);
    assert_eq!(noted().await, Some(first));
    stage.app.advance(TimeDelta::seconds(59));
    stage.place(body()).await.problem(ErrorCode::ApiKeyInactive);
    assert_eq!(noted().await, Some(first));
    stage.app.advance(TimeDelta::seconds(1));
    stage.place(body()).await.problem(ErrorCode::ApiKeyInactive);
    assert_eq!(noted().await, Some(first + TimeDelta::seconds(60)));
}

/// A use is a request that the key was accepted for, whether it places a call or reads, and whether or not a voice host had
/// room. A request that was refused for its key or its body is none.
#[tokio::test]
async fn every_request_that_a_key_was_accepted_for_is_a_use_of_it() {
    let stage = Stage::with_workers(0).await;
    let last_used = async || {
        let key = stage.app.store.api_key(stage.key_id).await.unwrap().unwrap();
        key.last_used_at
    };
    stage.place(json!({})).await.problem(ErrorCode::InvalidBody);
    assert_eq!(last_used().await, None, "an invalid request");
    for path in [DIALOUT, "/api/v1/auth/whoami", "/api/v1/calls"] {
        stage.app.advance(TimeDelta::minutes(2));
        let before = stage.app.now();
        if path == DIALOUT {
            stage.place(body()).await;
        } else {
            assert_eq!(stage.key.get(path).await.status, 200, "{path}");
        }
        assert!(last_used().await >= Some(before), "{path}");
    }
    let used = last_used().await;
    stage.app.advance(TimeDelta::seconds(59));
    stage.key.get("/api/v1/calls").await;
    stage.admin.get("/api/v1/calls").await;
    assert_eq!(last_used().await, used, "within a minute, and by a person");
}

#[tokio::test]
async fn a_key_sees_its_own_calls_alone_and_a_person_sees_all() {
    let stage = Stage::with_workers(5).await;
    let other = stage.admin.create_key("Other").await;
    let other = stage.app.anonymous().with_key(&other.key, Place::Header);
    let own: PlacedCall = stage.place(body()).await.json();
    let foreign: PlacedCall = other.post(DIALOUT, body()).await.json();
    let path = |call: &PlacedCall| format!("/api/v1/calls/{}", call.call_id);
    assert_eq!(stage.key.get(&path(&own)).await.status, 200);
    stage
        .key
        .get(&path(&foreign))
        .await
        .problem(ErrorCode::CallNotFound);
    let listed: CallPage = stage.key.get("/api/v1/calls").await.json();
    assert_eq!(
        listed.items.iter().map(|call| call.call_id).collect::<Vec<_>>(),
        [own.call_id]
    );
    let all: CallPage = stage.admin.get("/api/v1/calls").await.json();
    assert_eq!(all.items.len(), 2);
    let first: CallPage = stage.admin.get("/api/v1/calls?limit=1").await.json();
    let second: CallPage = stage
        .admin
        .get(&format!(
            "/api/v1/calls?limit=1&cursor={}",
            first.next_cursor.unwrap()
        ))
        .await
        .json();
    assert_eq!((second.items.len(), second.next_cursor), (1, None));
    assert_ne!(first.items[0].call_id, second.items[0].call_id);
    for query in ["limit=0", "status=lost", "cursor=x", "page=1", "from=yesterday"] {
        stage
            .admin
            .get(&format!("/api/v1/calls?{query}"))
            .await
            .problem(ErrorCode::MalformedQuery);
    }
}
