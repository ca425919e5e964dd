//! Managing API keys.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use ori_key::PlainKey;
use ori_shared::api_key::{ApiKeyView, KeyStatus};
use ori_shared::error_code::ErrorCode;
use ori_shared::page::Page;
use serde_json::{Value, json};

use ori_fixtures::{Caller as _, SignedIn, TestApp};

const KEYS: &str = "/api/v1/api-keys";

fn path(key: &ApiKeyView) -> String {
    format!("{KEYS}/{}", key.id)
}

async fn list(admin: &SignedIn, query: &str) -> Page<ApiKeyView> {
    admin.get(&format!("{KEYS}?{query}")).await.json()
}

fn names(page: &Page<ApiKeyView>) -> Vec<&str> {
    page.items.iter().map(|key| key.name.as_str()).collect()
}

mod creating {
    use super::*;

    #[tokio::test]
    async fn the_answer_has_exactly_the_promised_fields_and_says_where_the_key_is() {
        let app = TestApp::start().await;
        let admin = app.admin().await;
        let answer = admin.post(KEYS, json!({"name": "CRM Integration"})).await;
        assert_eq!(answer.status, 201);
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        let body = answer.value();
        let fields: BTreeSet<&str> = body.as_object().unwrap().keys().map(String::as_str).collect();
        let promised = [
            "id",
            "name",
            "key",
            "key_prefix",
            "status",
            "is_active",
            "expires_at",
            "last_used_at",
            "created_at",
            "updated_at",
            "created_by",
        ];
        assert_eq!(fields, BTreeSet::from(promised));
        assert_eq!(body["name"], "CRM Integration");
        assert_eq!(body["status"], "active");
        assert_eq!(body["is_active"], true);
        assert_eq!(
            (&body["expires_at"], &body["last_used_at"]),
            (&Value::Null, &Value::Null)
        );
        assert_eq!(body["created_at"], "2026-11-23T12:00:00.000000Z");
        assert_eq!(body["updated_at"], body["created_at"]);
        assert_eq!(body["created_by"], "admin0@example.com");
        let place = answer.header("location").unwrap();
        assert_eq!(place, format!("{KEYS}/{}", body["id"].as_str().unwrap()));
        assert_eq!(admin.get(place).await.value()["id"], body["id"]);
    }

    #[tokio::test]
    async fn the_key_is_whole_and_its_prefix_is_kept() {
        let app = TestApp::start().await;
        let admin = app.admin().await;
        let created = admin.create_key("CRM").await;
        assert_eq!(created.key.len(), 40);
        let key = PlainKey::parse(&created.key).unwrap();
        assert_eq!(key.prefix(), created.view.key_prefix);
        let stored = app.store.known_key(&key.digest()).await.unwrap().unwrap();
        assert_eq!(stored.id, created.view.id);
        assert_ne!(admin.create_key("CRM").await.key, created.key);
    }

    /// Every test checks that no response contains a key. This one checks that none contains a part of it.
    #[tokio::test]
    async fn no_later_answer_holds_the_key() {
        let app = TestApp::start().await;
        let admin = app.admin().await;
        let created = admin.create_key("CRM").await;
        let secret = &created.key[7..];
        let path = path(&created.view);
        for answer in [
            admin.get(KEYS).await,
            admin.get(&path).await,
            admin.patch(&path, json!({"name": "ERP"})).await,
            admin.get(&format!("{KEYS}?q=crm")).await,
        ] {
            assert_eq!(answer.status, 200);
            assert!(!answer.text().contains(secret));
            assert!(!answer.text().contains("\"key\":") && !answer.text().contains("digest"));
        }
    }

    #[tokio::test]
    async fn a_name_is_trimmed_and_may_be_borne_twice() {
        let app = TestApp::start().await;
        let admin = app.admin().await;
        let one = admin.create_key("  CRM\t").await.view;
        let other = admin.create_key("CRM").await.view;
        assert_eq!((one.name.as_str(), other.name.as_str()), ("CRM", "CRM"));
        assert_ne!(one.id, other.id);
    }

    #[tokio::test]
    async fn a_name_has_1_to_100_characters_and_none_of_them_is_a_control_character() {
        let app = TestApp::start().await;
        let admin = app.admin().await;
        let longest = "é".repeat(100);
        assert_eq!(admin.create_key(&longest).await.view.name, longest);
        for wrong in ["", "  ", "a\nb", "a\u{0}b", "a\u{85}b", &"é".repeat(101)] {
            let answer = admin.post(KEYS, json!({ "name": wrong })).await;
            assert!(!answer.fault("/name").is_empty(), "{wrong:?}");
        }
        assert_eq!(list(&admin, "").await.total, 1);
    }

    #[tokio::test]
    async fn an_instant_of_expiry_must_be_still_to_come() {
        let app = TestApp::start().await;
        let admin = app.admin().await;
        let at = |instant: &str| json!({"name": "CRM", "expires_at": instant});
        for past in [
            "2026-11-23T12:00:00Z",
            "2026-11-23T17:30:00+05:30",
            "1999-01-01T00:00:00Z",
        ] {
            admin.post(KEYS, at(past)).await.fault("/expires_at");
        }
        let kept = admin.create(at("2026-11-23T17:30:00.1234567+05:30")).await.view;
        let told = json!(kept.expires_at);
        assert_eq!(told, "2026-11-23T12:00:00.123456Z");
        admin
            .post(KEYS, at("+10000-01-01T00:00:00Z"))
            .await
            .fault("/expires_at");
        admin
            .post(KEYS, at("tomorrow"))
            .await
            .problem(ErrorCode::InvalidBody);
    }
}

mod changing {
    use super::*;

    #[tokio::test]
    async fn a_key_is_renamed_under_the_rules_of_creation() {
        let app = TestApp::start().await;
        let admin = app.admin().await;
        let key = admin.create_key("CRM").await.view;
        app.advance(TimeDelta::seconds(5));
        let renamed: ApiKeyView = admin.patch(&path(&key), json!({"name": " ERP "})).await.json();
        let expected = ApiKeyView {
            name: "ERP".into(),
            updated_at: app.now(),
            ..key.clone()
        };
        assert_eq!(renamed, expected);
        assert_eq!(list(&admin, "q=erp").await.items, [expected]);
        assert_eq!(list(&admin, "q=crm").await.total, 0);
        admin
            .patch(&path(&key), json!({"name": " "}))
            .await
            .fault("/name");
    }

    #[tokio::test]
    async fn a_key_is_switched_off_and_on() {
        let app = TestApp::start().await;
        let admin = app.admin().await;
        let key = admin.create_key("CRM").await.view;
        for (is_active, status) in [(false, KeyStatus::Inactive), (true, KeyStatus::Active)] {
            let changed: ApiKeyView = admin
                .patch(&path(&key), json!({ "is_active": is_active }))
                .await
                .json();
            assert_eq!((changed.is_active, changed.status), (is_active, status));
            assert_eq!(admin.get(&path(&key)).await.json::<ApiKeyView>(), changed);
        }
    }

    #[tokio::test]
    async fn an_expiry_that_is_left_out_stays_and_null_takes_it_away() {
        let app = TestApp::start().await;
        let admin = app.admin().await;
        let body = json!({"name": "CRM", "expires_at": "2027-01-01T00:00:00Z"});
        let key = admin.create(body).await.view;
        let patch = async |body: Value| admin.patch(&path(&key), body).await.json::<ApiKeyView>();
        assert_eq!(patch(json!({})).await.expires_at, key.expires_at);
        assert_eq!(patch(json!({"name": "ERP"})).await.expires_at, key.expires_at);
        assert_eq!(patch(json!({"expires_at": null})).await.expires_at, None);
        assert_eq!(patch(json!({"is_active": true})).await.expires_at, None);
        let later = patch(json!({"expires_at": "2028-01-01T00:00:00Z"})).await;
        assert_eq!(json!(later.expires_at), "2028-01-01T00:00:00Z");
    }

    #[tokio::test]
    async fn a_new_expiry_must_be_still_to_come() {
        let app = TestApp::start().await;
        let admin = app.admin().await;
        let key = admin.create_key("CRM").await.view;
        let body = json!({"expires_at": "2026-11-23T12:00:00Z"});
        admin.patch(&path(&key), body).await.fault("/expires_at");
    }

    #[tokio::test]
    async fn what_cannot_be_changed_is_named() {
        let app = TestApp::start().await;
        let admin = app.admin().await;
        let key = admin.create_key("CRM").await.view;
        for field in ["key", "id", "status", "created_at", "expires_on", "key_prefix"] {
            let answer = admin.patch(&path(&key), json!({ field: "x" })).await;
            let problem = answer.problem(ErrorCode::InvalidBody);
            let fault = format!("Unknown field `{field}`.");
            assert_eq!(problem.field(&format!("/{field}")), Some(fault.as_str()));
        }
    }

    #[tokio::test]
    async fn a_refused_change_changes_nothing() {
        let app = TestApp::start().await;
        let admin = app.admin().await;
        let key = admin.create_key("CRM").await.view;
        let body = json!({"is_active": false, "name": ""});
        admin.patch(&path(&key), body).await.fault("/name");
        assert_eq!(admin.get(&path(&key)).await.json::<ApiKeyView>(), key);
    }
}

#[tokio::test]
async fn a_key_is_active_until_its_expiry_and_being_switched_off_outranks_it() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    let body = json!({"name": "CRM", "expires_at": "2026-11-23T13:00:00Z"});
    let key = admin.create(body).await.view;
    let status = async || admin.get(&path(&key)).await.json::<ApiKeyView>().status;
    let patch = async |body: Value| admin.patch(&path(&key), body).await.json::<ApiKeyView>().status;
    app.advance(TimeDelta::hours(1) - TimeDelta::microseconds(1));
    assert_eq!(status().await, KeyStatus::Active);
    app.advance(TimeDelta::microseconds(1));
    assert_eq!(status().await, KeyStatus::Expired);
    assert_eq!(list(&admin, "").await.items[0].status, KeyStatus::Expired);
    assert_eq!(patch(json!({"is_active": false})).await, KeyStatus::Inactive);
    assert_eq!(patch(json!({"is_active": true})).await, KeyStatus::Expired);
    assert_eq!(patch(json!({"expires_at": null})).await, KeyStatus::Active);
}

#[tokio::test]
async fn a_deleted_key_is_gone() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    let created = admin.create_key("CRM").await;
    let path = path(&created.view);
    let answer = admin.delete(&path).await;
    assert_eq!((answer.status, answer.text().as_str()), (204, ""));
    admin.delete(&path).await.problem(ErrorCode::ApiKeyNotFound);
    admin.get(&path).await.problem(ErrorCode::ApiKeyNotFound);
    admin
        .patch(&path, json!({"name": "ERP"}))
        .await
        .problem(ErrorCode::ApiKeyNotFound);
    assert_eq!(list(&admin, "").await.total, 0);
    let digest = PlainKey::parse(&created.key).unwrap().digest();
    assert_eq!(app.store.known_key(&digest).await.unwrap(), None);
}

#[tokio::test]
async fn nothing_has_an_id_that_is_no_id() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    for id in ["x", "1", "00000000-0000-0000-0000-000000000000", "%00", "ori_2x8"] {
        let path = format!("{KEYS}/{id}");
        admin.get(&path).await.problem(ErrorCode::ApiKeyNotFound);
        admin.delete(&path).await.problem(ErrorCode::ApiKeyNotFound);
        admin
            .patch(&path, json!({}))
            .await
            .problem(ErrorCode::ApiKeyNotFound);
    }
}

#[tokio::test]
async fn a_key_outlives_the_session_it_was_made_in_and_is_everyones_to_manage() {
    let app = TestApp::start().await;
    let (ada, bob) = (app.admin().await, app.admin().await);
    let key = ada.create_key("CRM").await.view;
    ada.delete("/api/v1/session").await;
    assert_eq!(bob.get(&path(&key)).await.json::<ApiKeyView>(), key);
    assert_eq!(bob.delete(&path(&key)).await.status, 204);
}

mod listing {
    use super::*;

    #[tokio::test]
    async fn the_newest_key_comes_first() {
        let app = TestApp::start().await;
        let admin = app.admin().await;
        assert_eq!(list(&admin, "").await.items, []);
        for name in ["first", "second", "third"] {
            admin.create_key(name).await;
            app.advance(TimeDelta::microseconds(1));
        }
        let page = list(&admin, "").await;
        assert_eq!(names(&page), ["third", "second", "first"]);
        assert_eq!((page.total, page.next_cursor), (3, None));
        assert_eq!(page.server_time, app.now());
    }

    #[tokio::test]
    async fn every_key_is_on_one_page_even_where_several_are_of_one_instant() {
        let app = TestApp::start().await;
        let admin = app.admin().await;
        for name in ["a", "b", "c", "d", "e"] {
            admin.create_key(name).await;
        }
        let (mut seen, mut query) = (Vec::new(), "limit=2".to_owned());
        loop {
            let page = list(&admin, &query).await;
            assert_eq!(page.total, 5);
            assert!(page.items.len() <= 2);
            seen.extend(page.items.iter().map(|key| key.name.clone()));
            let Some(cursor) = page.next_cursor else { break };
            query = format!("limit=2&cursor={cursor}");
        }
        assert_eq!(seen.len(), 5);
        assert_eq!(seen.iter().collect::<BTreeSet<_>>().len(), 5);
    }

    #[tokio::test]
    async fn what_is_created_or_deleted_meanwhile_shifts_no_page() {
        let app = TestApp::start().await;
        let admin = app.admin().await;
        let mut made = Vec::new();
        for name in ["oldest", "older", "newer"] {
            made.push(admin.create_key(name).await.view);
            app.advance(TimeDelta::seconds(1));
        }
        let first = list(&admin, "limit=2").await;
        assert_eq!(names(&first), ["newer", "older"]);
        admin.create_key("newest").await;
        admin.delete(&path(&made[1])).await;
        let cursor = first.next_cursor.unwrap();
        let second = list(&admin, &format!("limit=2&cursor={cursor}")).await;
        assert_eq!(names(&second), ["oldest"]);
        assert_eq!(second.next_cursor, None);
    }

    #[tokio::test]
    async fn a_search_finds_part_of_a_name_or_of_the_masked_prefix_whatever_its_case() {
        let app = TestApp::start().await;
        let admin = app.admin().await;
        let crm = admin.create_key("Straße CRM").await.view;
        let percent = admin.create_key("100% _ of it").await.view;
        let composed = admin.create_key("Caf\u{e9}").await.view;
        let decomposed = admin.create_key("Cafe\u{301}").await.view;
        assert_eq!(
            (composed.name.as_str(), decomposed.name.as_str()),
            ("Caf\u{e9}", "Cafe\u{301}")
        );
        let both = || vec![&decomposed, &composed];
        for (query, found) in [
            ("q=CAF%C3%89", both()),
            ("q=cafe%CC%81", both()),
            ("q=%C3%A9", both()),
            ("q=strasse", vec![&crm]),
            ("q=STRASSE%20crm", vec![&crm]),
            ("q=%20crm%20", vec![&crm]),
            ("q=100%25", vec![&percent]),
            ("q=_%20of", vec![&percent]),
            ("q=%25", vec![&percent]),
            ("q=nothing", vec![]),
            ("q=", vec![&percent, &crm, &composed, &decomposed]),
        ] {
            let page = list(&admin, query).await;
            let ids: BTreeSet<_> = page.items.iter().map(|key| key.id).collect();
            assert_eq!(ids, found.iter().map(|key| key.id).collect(), "{query}");
            assert_eq!(page.total, found.len() as u64, "{query}");
        }
        let masked = format!("q={}...%E2%80%A2", crm.key_prefix.to_uppercase());
        assert!(names(&list(&admin, &masked).await).contains(&"Straße CRM"));
    }

    #[tokio::test]
    async fn a_search_is_paged_like_the_whole_list() {
        let app = TestApp::start().await;
        let admin = app.admin().await;
        for name in ["CRM 1", "ERP", "CRM 2", "CRM 3"] {
            admin.create_key(name).await;
            app.advance(TimeDelta::seconds(1));
        }
        let first = list(&admin, "limit=2&q=crm").await;
        assert_eq!((names(&first), first.total), (vec!["CRM 3", "CRM 2"], 3));
        let rest = format!("limit=2&q=crm&cursor={}", first.next_cursor.unwrap());
        let second = list(&admin, &rest).await;
        assert_eq!((names(&second), second.total), (vec!["CRM 1"], 3));
    }

    #[tokio::test]
    async fn a_query_that_cannot_be_meant_is_refused() {
        let app = TestApp::start().await;
        let admin = app.admin().await;
        for query in [
            "limit=0",
            "limit=1001",
            "limit=-1",
            "limit=ten",
            "limit=",
            "cursor=x",
            "cursor=",
            "page=2",
            &format!("q={}", "x".repeat(401)),
        ] {
            let answer = admin.get(&format!("{KEYS}?{query}")).await;
            answer.problem(ErrorCode::MalformedQuery);
        }
        assert_eq!(admin.get(&format!("{KEYS}?limit=1000")).await.status, 200);
    }
}
