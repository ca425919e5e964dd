//! Behind reverse proxies, each client is known by the address that the trusted proxies report.

use ori_shared::error_code::ErrorCode;
use reqwest::Method;
use serde_json::json;

use ori_fixtures::{ADMIN_EMAIL, ADMIN_PASSWORD, Anonymous, Answer, Caller as _, Process, TestApp, send};

/// Headers of a request.
type Headers = &'static [(&'static str, &'static str)];

async fn sign_in(anonymous: &Anonymous, headers: Headers, password: &str) -> Answer {
    let mut request = anonymous.request(Method::POST, "/api/v1/session");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    send(request.json(&json!({"email": ADMIN_EMAIL, "password": password}))).await
}

/// Fails to sign in until that client has to wait.
async fn exhaust(app: &TestApp, headers: Headers) {
    for _ in 0..10 {
        let answer = sign_in(&app.anonymous(), headers, "wrong password").await;
        answer.problem(ErrorCode::WrongCredentials);
    }
}

#[tokio::test]
async fn a_client_is_recognized_in_every_form_that_proxies_write() {
    let app = TestApp::with("trusted_proxies = 1").await;
    exhaust(&app, &[("x-forwarded-for", "203.0.113.7")]).await;
    exhaust(&app, &[("x-forwarded-for", "2001:db8::1")]).await;
    let same: &[Headers] = &[
        &[("x-forwarded-for", "203.0.113.7")],
        &[("x-forwarded-for", "203.0.113.7:51234")],
        &[("x-forwarded-for", "\"203.0.113.7\"")],
        &[("x-forwarded-for", "198.51.100.1, 203.0.113.7:443")],
        &[("x-forwarded-for", "[2001:db8::1]:443")],
        &[("x-forwarded-for", "\"[2001:db8::1]:443\"")],
        &[("x-forwarded-for", "[::ffff:203.0.113.7]:443")],
        &[("forwarded", "for=203.0.113.7;proto=https")],
        &[("forwarded", "For=\"203.0.113.7:51234\"")],
        &[("forwarded", "for=198.51.100.1, for=\"[2001:db8::1]:443\"")],
        &[("forwarded", "for=198.51.100.1;x=\", for=203.0.113.7")],
        &[
            ("x-forwarded-for", "203.0.113.7"),
            ("forwarded", "for=203.0.113.7"),
        ],
    ];
    for headers in same {
        let answer = sign_in(&app.anonymous(), headers, ADMIN_PASSWORD).await;
        assert_eq!(answer.verdict(), "429 too_many_attempts", "{headers:?}");
    }
    let others: &[Headers] = &[
        &[("x-forwarded-for", "203.0.113.8:51234")],
        &[("x-forwarded-for", "203.0.113.7, 203.0.113.8")],
        &[("x-forwarded-for", "[2001:db8:0:1::1]:443")],
        &[("forwarded", "for=203.0.113.7, for=\"203.0.113.8:51234\"")],
    ];
    for headers in others {
        let answer = sign_in(&app.anonymous(), headers, ADMIN_PASSWORD).await;
        assert_eq!(answer.verdict(), "200", "{headers:?}");
    }
}

#[tokio::test]
async fn a_client_that_cannot_be_recognized_shares_the_limits_of_the_proxy() {
    let app = TestApp::with("trusted_proxies = 1").await;
    exhaust(&app, &[]).await;
    let unusable: &[Headers] = &[
        &[],
        &[("x-forwarded-for", "")],
        &[("x-forwarded-for", "unknown")],
        &[("x-forwarded-for", "198.51.100.1, unknown")],
        &[("x-forwarded-for", "198.51.100.1, ")],
        &[("forwarded", "for=unknown")],
        &[("forwarded", "for=198.51.100.1, for=_hidden")],
        &[("forwarded", "198.51.100.1")],
        // One of the two is the client's own.
        &[
            ("x-forwarded-for", "198.51.100.1"),
            ("forwarded", "for=198.51.100.2"),
        ],
        &[("x-forwarded-for", "unknown"), ("forwarded", "for=198.51.100.2")],
    ];
    for headers in unusable {
        let answer = sign_in(&app.anonymous(), headers, ADMIN_PASSWORD).await;
        assert_eq!(answer.verdict(), "429 too_many_attempts", "{headers:?}");
    }
}

#[tokio::test]
async fn forwarding_headers_are_not_believed_when_no_proxy_is_trusted() {
    let app = TestApp::start().await;
    exhaust(&app, &[]).await;
    let claims: &[Headers] = &[
        &[("x-forwarded-for", "198.51.100.1")],
        &[("forwarded", "for=198.51.100.1")],
        &[
            ("x-forwarded-for", "198.51.100.1"),
            ("forwarded", "for=198.51.100.1"),
        ],
    ];
    for headers in claims {
        let answer = sign_in(&app.anonymous(), headers, ADMIN_PASSWORD).await;
        assert_eq!(answer.verdict(), "429 too_many_attempts", "{headers:?}");
    }
}

#[tokio::test]
async fn each_reason_why_a_forwarding_header_is_not_used_is_logged_once() {
    let rows: &[(&str, Headers, &str)] = &[
        (
            "0",
            &[("x-forwarded-for", "198.51.100.1")],
            "ORI_TRUSTED_PROXIES is 0",
        ),
        ("1", &[("x-forwarded-for", "unknown")], "holds no IP address"),
        ("1", &[("forwarded", "for=_hidden")], "holds no IP address"),
        (
            "2",
            &[("x-forwarded-for", "198.51.100.1")],
            "as many entries as ORI_TRUSTED_PROXIES counts",
        ),
        (
            "1",
            &[
                ("x-forwarded-for", "198.51.100.1"),
                ("forwarded", "for=198.51.100.2"),
            ],
            "name different clients",
        ),
    ];
    for (proxies, headers, reason) in rows {
        let server = Process::serve(&[("ORI_TRUSTED_PROXIES", proxies)]);
        for _ in 0..3 {
            sign_in(&server.anonymous(), headers, "wrong password").await;
        }
        let stderr = server.stop().stderr;
        let lines: Vec<&str> = stderr
            .lines()
            .filter(|line| line.contains("forwarding headers"))
            .collect();
        assert_eq!(lines.len(), 1, "{headers:?}: {lines:?}");
        assert!(
            lines[0].contains("WARN") && lines[0].contains(reason),
            "{headers:?}: {lines:?}"
        );
        assert!(!lines[0].contains("198.51.100"), "{lines:?}");
    }
}
