//! Every error has the same form and a stable code. [`ori_fixtures::Response::problem`] checks the form.

use ori_shared::error_code::ErrorCode;
use reqwest::Method;
use reqwest::header::CONTENT_TYPE;
use serde_json::json;

use ori_fixtures::{Caller as _, TestApp, send};

const KEYS: &str = "/api/v1/api-keys";

#[tokio::test]
async fn an_address_that_the_api_does_not_have_is_told() {
    let app = TestApp::start().await;
    for path in [
        "/api/v1/nothing",
        "/api/",
        "/api/v2/api-keys",
        "/api/v1/api-keys/",
        "/API/V1/api-keys",
        "/nothing.js",
    ] {
        app.anonymous().get(path).await.problem(ErrorCode::NotFound);
    }
}

#[tokio::test]
async fn an_address_with_two_slashes_in_a_row_is_not_found_whatever_is_asked_of_it() {
    let app = TestApp::start().await;
    for method in [Method::GET, Method::POST, Method::DELETE] {
        for path in ["//api/v1/api-keys", "/api//v1/api-keys", "//healthz"] {
            let answer = send(app.anonymous().request(method.clone(), path)).await;
            let problem = answer.problem(ErrorCode::NotFound);
            assert!(problem.detail.contains("two slashes"), "{method} {path}");
        }
    }
}

#[tokio::test]
async fn the_page_is_only_read() {
    let app = TestApp::start().await;
    let answer = app.anonymous().delete("/dashboard/api-keys").await;
    answer.problem(ErrorCode::MethodNotAllowed);
    assert_eq!(answer.header("allow"), Some("GET, HEAD"));
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused_whether_or_not_its_length_is_told() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    let name = "x".repeat(64 * 1024);
    let answer = admin.post(KEYS, json!({ "name": name })).await;
    answer.problem(ErrorCode::PayloadTooLarge);
    let chunks = (0..80).map(|_| Ok::<_, std::io::Error>(vec![b' '; 1024]));
    let stream = reqwest::Body::wrap_stream(futures_util::stream::iter(chunks));
    let answer = admin.post_text(KEYS, stream).await;
    answer.problem(ErrorCode::PayloadTooLarge);
}

#[tokio::test]
async fn a_body_of_the_largest_size_is_read() {
    let app = TestApp::start().await;
    let body = r#"{"name":"CRM"}"#;
    let spaces = " ".repeat(64 * 1024 - body.len());
    let answer = app.admin().await.post_text(KEYS, spaces + body).await;
    assert_eq!(answer.status, 201);
}

#[tokio::test]
async fn a_body_that_is_not_declared_as_json_is_refused() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    let answer = send(admin.request(Method::POST, KEYS).body(r#"{"name":"CRM"}"#)).await;
    answer.problem(ErrorCode::UnsupportedMediaType);
    let declared = admin
        .request(Method::POST, KEYS)
        .header(CONTENT_TYPE, "Application/JSON; charset=utf-8")
        .body(r#"{"name":"CRM"}"#);
    assert_eq!(send(declared).await.status, 201);
}

#[tokio::test]
async fn malformed_json_is_told_with_the_place() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    let answer = admin.post_text(KEYS, "{\n  \"name\": \"CRM\",\n}").await;
    let problem = answer.problem(ErrorCode::MalformedJson);
    assert!(problem.detail.contains("line 3, column 1"), "{}", problem.detail);
    for body in [
        "",
        "{\"name\":\"\u{0}\"}",
        "{\"name\":\"CRM\"} {}",
        &"[".repeat(60_000),
    ] {
        let answer = admin.post_text(KEYS, body.to_owned()).await;
        answer.problem(ErrorCode::MalformedJson);
    }
    let not_utf8 = admin.post_text(KEYS, b"{\"name\":\"\xff\"}".to_vec()).await;
    not_utf8.problem(ErrorCode::MalformedJson);
}

#[tokio::test]
async fn json_that_is_no_object_is_refused() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    for body in [
        json!(["CRM", null, null]),
        json!("CRM"),
        json!(null),
        json!(7),
        json!([]),
    ] {
        let problem = admin.post(KEYS, body).await.problem(ErrorCode::InvalidBody);
        assert_eq!(problem.detail, "Send a JSON object.");
    }
}

#[tokio::test]
async fn a_field_that_is_unknown_or_missing_or_of_another_type_is_named() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    for (body, pointer, detail) in [
        (
            json!({"name": "CRM", "colour": "red"}),
            "/colour",
            "Unknown field `colour`.",
        ),
        (
            json!({"expires_at": null}),
            "/name",
            "The field `name` is missing.",
        ),
        (json!({"name": 7}), "/name", "Expected a string."),
    ] {
        let problem = admin.post(KEYS, body).await.problem(ErrorCode::InvalidBody);
        assert_eq!(problem.field(pointer), Some(detail));
    }
}

#[tokio::test]
async fn what_an_unknown_field_holds_is_not_repeated() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    let key = admin.create_key("CRM").await;
    let answer = admin
        .post(KEYS, json!({"name": "CRM", "expires_at": key.key}))
        .await;
    answer.problem(ErrorCode::InvalidBody);
    assert!(!answer.text().contains(&key.key));
}

#[tokio::test]
async fn the_type_of_a_problem_leads_to_an_explanation_for_people() {
    let app = TestApp::start().await;
    for code in ErrorCode::ALL {
        let page = app.anonymous().get(&format!("/problems/{}", code.as_str())).await;
        assert_eq!(
            (page.status, page.header("content-type")),
            (200, Some("text/html; charset=utf-8"))
        );
        for part in [code.title(), code.meaning(), code.remedy(), code.as_str()] {
            assert!(page.text().contains(part), "{part}");
            assert!(!part.contains(['<', '&']), "{part} would have to be escaped");
        }
    }
    app.anonymous()
        .get("/problems/lost")
        .await
        .problem(ErrorCode::NotFound);
}
