//! The OpenAPI document is what the server does.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use ori_backend::openapi::Document;
use ori_backend::router;
use ori_shared::error_code::ErrorCode;
use ori_shared::problem::Problem;
use reqwest::Method;
use serde_json::{Value, json};
use utoipa::OpenApi as _;

use crate::support::{Caller as _, TestApp, operations, send};

#[test]
fn the_written_document_is_fresh() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../openapi.yaml");
    let written = fs::read_to_string(path).unwrap_or_default();
    assert!(
        written == Document::openapi().to_yaml().unwrap(),
        "openapi.yaml is stale: run `cargo xtask openapi`"
    );
}

#[tokio::test]
async fn the_server_serves_the_same_document() {
    let app = TestApp::start().await;
    let yaml = app.anonymous().get("/openapi.yaml").await;
    assert_eq!(yaml.text(), Document::openapi().to_yaml().unwrap());
    let json = app.anonymous().get("/openapi.json").await;
    assert_eq!(json.value(), serde_json::to_value(Document::openapi()).unwrap());
}

#[test]
fn what_is_served_is_documented_and_what_is_documented_is_served() {
    let served: BTreeSet<String> = router::served()
        .map(|(path, method)| format!("{method} {path}"))
        .collect();
    let documented: BTreeSet<String> = operations()
        .iter()
        .map(|operation| format!("{} {}", operation.method, operation.path))
        .collect();
    assert_eq!(served, documented);
}

#[test]
fn every_operation_says_what_it_is_and_for_whom() {
    let document = serde_json::to_value(Document::openapi()).unwrap();
    let tags: BTreeSet<&str> = document["tags"]
        .as_array()
        .unwrap()
        .iter()
        .map(|tag| tag["name"].as_str().unwrap())
        .collect();
    let mut ids = BTreeSet::new();
    for operation in operations() {
        let told = &document["paths"][&operation.path][operation.method.as_str().to_lowercase()];
        for member in ["summary", "description", "operationId"] {
            assert!(
                told[member].as_str().is_some_and(|text| !text.is_empty()),
                "{operation:?} {member}"
            );
        }
        assert!(ids.insert(told["operationId"].to_string()), "{operation:?}");
        assert!(told["security"].is_array(), "{operation:?}");
        let audience = told["tags"].as_array().unwrap();
        assert!(
            audience.len() == 1 && tags.contains(audience[0].as_str().unwrap()),
            "{operation:?}"
        );
        assert_eq!(
            told["x-console-only"] == true,
            operation.is_for_people(),
            "{operation:?}"
        );
        for (status, answer) in told["responses"].as_object().unwrap() {
            if let Some(content) = answer["content"]["application/json"].as_object()
                && operation.path.starts_with("/api/")
            {
                assert!(content.contains_key("examples"), "{operation:?} {status}");
            }
        }
        if operation.takes_body {
            let body = &told["requestBody"]["content"]["application/json"];
            assert!(body["examples"].is_object(), "{operation:?}");
        }
    }
}

/// Bodies that are refused, each with who sends it where.
fn refused() -> [(Method, &'static str, Value); 13] {
    const DIALOUT: &str = "/api/v1/sip/dialout";
    const SESSION: &str = "/api/v1/session";
    const SETUP: &str = "/api/v1/setup";
    const KEYS: &str = "/api/v1/api-keys";
    const KEY: &str = "/api/v1/api-keys/{id}";
    const WEBHOOK: &str = "/api/v1/api-keys/{id}/webhook";
    const SETTINGS: &str = "/api/v1/settings";
    let (post, patch, put) = (Method::POST, Method::PATCH, Method::PUT);
    [
        (post.clone(), DIALOUT, json!({"bot_id": "b", "to_number": "12"})),
        (post.clone(), DIALOUT, json!({"to_number": "+919876543210"})),
        (post.clone(), SESSION, json!({"email": "ada", "password": "x"})),
        (post.clone(), SESSION, json!({"password": "x"})),
        (
            post.clone(),
            SETUP,
            json!({"email": "ada@example.com", "password": "x"}),
        ),
        (post.clone(), KEYS, json!({"name": " "})),
        (post, KEYS, json!({"expires_at": null})),
        (patch.clone(), KEY, json!({"expires_at": "2020-01-01T00:00:00Z"})),
        (patch.clone(), KEY, json!({"is_active": "yes"})),
        (patch.clone(), SETTINGS, json!({"timezone": "Mars/Olympus"})),
        (patch, SETTINGS, json!({"timezone": 7})),
        (put.clone(), WEBHOOK, json!({"url": "https://127.0.0.1/"})),
        (put, WEBHOOK, json!({})),
    ]
}

#[tokio::test]
async fn the_faults_of_the_examples_are_those_that_the_server_finds() {
    let app = TestApp::with("fleet_urls = 'http://127.0.0.1:9'\nfleet_secret = 'shared'").await;
    let admin = app.admin().await;
    let created = admin.create_key("CRM").await;
    let document = serde_json::to_value(Document::openapi()).unwrap();
    for (method, path, body) in refused() {
        let id = created.view.id.to_string();
        let request = admin
            .request(method.clone(), &path.replace("{id}", &id))
            .json(&body);
        let request = request
            .header("x-api-key", &created.key)
            .header("x-fleet-secret", "shared");
        let answer = send(request).await;
        assert_eq!(answer.status, 422, "{method} {path} {}", answer.text());
        let problem: Problem = answer.json();
        let examples = &document["paths"][path][method.as_str().to_lowercase()]["responses"]["422"]["content"]
            ["application/problem+json"]["examples"];
        let example: Problem =
            serde_json::from_value(examples[problem.code.as_str()]["value"].clone()).unwrap();
        assert_eq!(
            (example.detail, example.errors),
            (problem.detail, problem.errors),
            "{method} {path}"
        );
    }
}

#[tokio::test]
async fn another_method_than_the_documented_ones_is_refused_with_the_true_list_of_them() {
    let app = TestApp::start().await;
    let mut documented: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for operation in operations() {
        let methods = documented.entry(operation.address("1")).or_default();
        methods.insert(operation.method.to_string());
        if operation.method == Method::GET {
            methods.insert(Method::HEAD.to_string());
            let get = send(app.anonymous().request(Method::GET, &operation.address("1"))).await;
            let head = send(app.anonymous().request(Method::HEAD, &operation.address("1"))).await;
            assert_eq!(
                (head.status, head.text().as_str()),
                (get.status, ""),
                "HEAD {}",
                operation.address("1")
            );
        }
    }
    for (path, methods) in documented {
        let answer = send(app.anonymous().request(Method::TRACE, &path)).await;
        answer.problem(ErrorCode::MethodNotAllowed);
        let allow: BTreeSet<String> = answer
            .header("allow")
            .unwrap()
            .split(", ")
            .map(str::to_owned)
            .collect();
        assert_eq!(allow, methods, "{path}");
    }
}
