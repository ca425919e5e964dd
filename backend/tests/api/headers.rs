//! Headers that every answer has, whatever it answers. [`ori_fixtures::Answer`] checks them on each; here are the
//! answers that no other test asks for.

use ori_fixtures::{Caller as _, TestApp};

#[tokio::test]
async fn the_page_and_its_errors_carry_the_security_headers() {
    let app = TestApp::start().await;
    for path in [
        "/",
        "/dashboard/api-keys",
        "/nowhere",
        "/nowhere.js",
        "/api/v1/nowhere",
        "/healthz",
        "/readyz",
        "/openapi.yaml",
        "/openapi.json",
        "/%2e%2e/%2e%2e/etc/passwd",
    ] {
        app.anonymous().get(path).await;
        app.anonymous().delete(path).await;
    }
}

#[tokio::test]
async fn no_answer_of_the_api_is_cached() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    for path in [
        "/api/v1/session",
        "/api/v1/settings",
        "/api/v1/api-keys",
        "/api/v1/nowhere",
    ] {
        assert_eq!(
            admin.get(path).await.header("cache-control"),
            Some("no-store"),
            "{path}"
        );
    }
}

#[tokio::test]
async fn no_other_site_can_have_a_browser_load_what_a_cookie_opens() {
    let app = TestApp::start().await;
    let name = "cross-origin-resource-policy";
    let opened = app.admin().await.get("/api/v1/api-keys").await;
    assert_eq!(opened.header(name), Some("same-origin"));
    let closed = app.anonymous().get("/api/v1/api-keys").await;
    assert_eq!((closed.status, closed.header(name)), (401, None));
}

#[tokio::test]
async fn each_request_has_an_id_of_its_own_that_the_client_does_not_choose() {
    let app = TestApp::start().await;
    let request = || {
        app.anonymous()
            .request(reqwest::Method::GET, "/healthz")
            .header("x-request-id", "chosen")
    };
    let one = ori_fixtures::send(request()).await;
    let other = ori_fixtures::send(request()).await;
    assert_ne!(one.header("x-request-id"), other.header("x-request-id"));
    assert_ne!(one.header("x-request-id"), Some("chosen"));
}

#[tokio::test]
async fn the_server_is_alive_and_ready() {
    let app = TestApp::start().await;
    for path in ["/healthz", "/readyz"] {
        let answer = app.anonymous().get(path).await;
        assert_eq!((answer.status, answer.text().as_str()), (200, "ok\n"), "{path}");
    }
}
