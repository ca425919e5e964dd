//! No other site can have a browser change something in the console.

use ori_shared::error_code::ErrorCode;
use reqwest::header::{CONTENT_TYPE, HOST, ORIGIN};

use ori_fixtures::{ADMIN_EMAIL, ADMIN_PASSWORD, Caller as _, Operation, TestApp, operations, send};

const NO_KEY: &str = "00000000-0000-0000-0000-000000000000";

fn changes_for_people() -> impl Iterator<Item = Operation> {
    operations()
        .into_iter()
        .filter(|operation| operation.is_for_people() && operation.changes_something())
}

#[tokio::test]
async fn every_change_refuses_what_another_site_began() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    for operation in changes_for_people() {
        for (name, value) in [
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
            ("sec-fetch-site", "none"),
            ("origin", "https://evil.example"),
            ("origin", "http://127.0.0.1:1"),
            ("origin", "null"),
            ("origin", ""),
        ] {
            let request = admin.request(operation.method.clone(), &operation.address(NO_KEY));
            let answer = send(request.header(name, value)).await;
            assert_eq!(
                answer.verdict(),
                "403 cross_site_request",
                "{operation:?} {name}: {value}"
            );
        }
    }
}

#[tokio::test]
async fn every_change_takes_what_its_own_page_began() {
    let app = TestApp::with("public_url = 'https://ori.example.com'").await;
    let admin = app.admin().await;
    for operation in changes_for_people() {
        for (name, value) in [
            ("sec-fetch-site", "same-origin"),
            ("origin", app.origin()),
            ("origin", "https://ori.example.com"),
        ] {
            let request = admin.request(operation.method.clone(), &operation.address(NO_KEY));
            let answer = send(request.header(name, value)).await;
            let refused = answer.status >= 400 && answer.verdict() == "403 cross_site_request";
            assert!(!refused, "{operation:?} {name}: {value}");
            if operation.path == "/api/v1/session" {
                break; // It has signed out.
            }
        }
    }
}

#[tokio::test]
async fn every_change_refuses_a_body_that_a_form_could_have_sent() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    for operation in changes_for_people().filter(|operation| operation.takes_body) {
        for kind in [
            "text/plain",
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x",
            "text/plain; application/json",
            "",
        ] {
            let request = admin
                .request(operation.method.clone(), &operation.address(NO_KEY))
                .header(CONTENT_TYPE, kind)
                .body("{}");
            let answer = send(request).await;
            assert_eq!(
                answer.verdict(),
                "415 unsupported_media_type",
                "{operation:?} {kind:?}"
            );
        }
    }
}

#[tokio::test]
async fn what_was_refused_has_changed_nothing() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    let key = admin.create_key("CRM").await.view;
    let path = format!("/api/v1/api-keys/{}", key.id);
    let delete = admin.request(reqwest::Method::DELETE, &path);
    send(delete.header(ORIGIN, "https://evil.example"))
        .await
        .problem(ErrorCode::CrossSiteRequest);
    assert_eq!(admin.get(&path).await.status, 200);
}

#[tokio::test]
async fn reading_is_not_hindered_since_no_other_site_sees_the_answer() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    let request = admin.request(reqwest::Method::GET, "/api/v1/api-keys");
    let answer = send(request.header("sec-fetch-site", "cross-site")).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("access-control-allow-origin"), None);
}

#[tokio::test]
async fn a_refusal_names_the_public_address_and_what_was_seen_instead() {
    const OTHER: &str = "http://ori.example.com";
    // The option, the headers, and what the detail holds beside ORI_PUBLIC_URL.
    type Row<'a> = (&'a str, &'a [(&'a str, &'a str)], &'a [&'a str]);
    let long = "x".repeat(500);
    let long = long.as_str();
    let rows: &[Row] = &[
        // What nginx sends by default: its own name for the server in Host, and the browser's Origin.
        (
            "",
            &[("host", "127.0.0.1:8080"), ("origin", OTHER)],
            &[
                "not set",
                "Origin `http://ori.example.com`",
                "Host `127.0.0.1:8080`",
                "pass on Host",
            ],
        ),
        (
            "public_url = 'https://ori.example.com'",
            &[("host", "ori.example.com"), ("origin", OTHER)],
            &[
                "ORI_PUBLIC_URL is `https://ori.example.com`",
                "Origin `http://ori.example.com`",
                "Host `ori.example.com`",
                "Open the console at https://ori.example.com,",
            ],
        ),
        (
            "public_url = 'https://ori.example.com'",
            &[("origin", "https://ori.example.com:8443")],
            &["Origin `https://ori.example.com:8443`"],
        ),
        (
            "",
            &[
                ("sec-fetch-site", "cross-site"),
                ("origin", "https://evil.example"),
            ],
            &["Sec-Fetch-Site `cross-site`", "Origin `https://evil.example`"],
        ),
        ("", &[("origin", long)], &[&long[..200]]),
    ];
    for (option, headers, expected) in rows {
        let app = TestApp::with(option).await;
        let mut request = app
            .anonymous()
            .request(reqwest::Method::POST, "/api/v1/session")
            .json(&serde_json::json!({"email": ADMIN_EMAIL, "password": ADMIN_PASSWORD}));
        for (name, value) in *headers {
            request = request.header(*name, *value);
        }
        let detail = send(request).await.problem(ErrorCode::CrossSiteRequest).detail;
        assert!(detail.contains("ORI_PUBLIC_URL"), "{detail}");
        for part in *expected {
            assert!(detail.contains(part), "{part} in {detail}");
        }
        assert!(!detail.contains(&long[..201]), "{detail}");
    }
}

#[tokio::test]
async fn a_browser_signs_in_through_a_proxy_once_either_side_knows_the_address() {
    // The headers of nginx without Sec-Fetch-Site, which browsers leave out over plain http: by default and with
    // `proxy_set_header Host $http_host`.
    for (option, host) in [
        ("public_url = 'http://ori.lan:81'", "127.0.0.1:8080"),
        ("public_url = 'http://ori.lan:81'", "ori.lan:81"),
        ("", "ori.lan:81"),
    ] {
        let app = TestApp::with(option).await;
        let request = app
            .anonymous()
            .request(reqwest::Method::POST, "/api/v1/session")
            .header(HOST, host)
            .header(ORIGIN, "http://ori.lan:81")
            .json(&serde_json::json!({"email": ADMIN_EMAIL, "password": ADMIN_PASSWORD}));
        assert_eq!(send(request).await.verdict(), "200", "{option} {host}");
    }
}
