//! Credentials of proxies and of other applications neither hide nor replace those of this server.

use ori_shared::account::Role;
use reqwest::Method;
use reqwest::header::{AUTHORIZATION, COOKIE, HeaderMap, HeaderName, HeaderValue};

use ori_fixtures::{Anonymous, Caller as _, TestApp, send};

const JWT: &str = "Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const JWE: &str = "Bearer eyJhbGciOiJSU0EtT0FFUCJ9.OKOawD.48V1_A.5eym8T.XFBoMY";

const WHOAMI: &str = "/api/v1/auth/whoami";
const CALLS: &str = "/api/v1/calls";
const KEYS: &str = "/api/v1/api-keys";

fn headers(rows: &[(&'static str, &[u8])]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in rows {
        headers.append(
            HeaderName::from_static(name),
            HeaderValue::from_bytes(value).unwrap(),
        );
    }
    headers
}

async fn verdict(anonymous: &Anonymous, path: &str, rows: &[(&'static str, &[u8])]) -> String {
    let request = anonymous.request(Method::GET, path);
    send(request.headers(headers(rows))).await.verdict()
}

#[tokio::test]
async fn a_key_counts_beside_foreign_credentials() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    let (key, other) = (
        admin.create_key("CRM").await.key,
        admin.create_key("Other").await.key,
    );
    let (key, other) = (key.as_bytes(), other.as_bytes());
    let bearer = [b"Bearer ", key].concat();
    let other_bearer = [b"bearer ", other].concat();
    let conflict = "400 conflicting_credentials";
    for (rows, expected) in [
        // The key alone, in either place, and twice.
        (&[("x-api-key", key)][..], "200"),
        (&[("authorization", &*bearer)], "200"),
        (&[("x-api-key", key), ("authorization", &bearer)], "200"),
        (&[("x-api-key", key), ("x-api-key", key)], "200"),
        // Beside what proxies add.
        (&[("x-api-key", key), ("authorization", b"Basic eDp5")], "200"),
        (&[("x-api-key", key), ("authorization", b"Negotiate YII=")], "200"),
        (&[("x-api-key", key), ("authorization", b"Bearer")], "200"),
        (&[("x-api-key", key), ("authorization", JWT.as_bytes())], "200"),
        (
            &[
                ("x-api-key", key),
                ("authorization", b"Bearer ya29.an-opaque-access-token"),
            ],
            "200",
        ),
        (&[("authorization", &bearer), ("x-api-key", b"")], "200"),
        (&[("authorization", &bearer), ("x-api-key", b"  ")], "200"),
        (&[("authorization", &bearer), ("x-api-key", b"\xff\xfe")], "200"),
        (
            &[("authorization", &bearer), ("x-api-key", b"the-key-of-a-gateway")],
            "200",
        ),
        (
            &[("authorization", &bearer), ("authorization", b"Basic eDp5")],
            "200",
        ),
        (
            &[("authorization", &bearer), ("authorization", JWE.as_bytes())],
            "200",
        ),
        // Two keys of which both may be meant.
        (&[("x-api-key", key), ("x-api-key", other)], conflict),
        (&[("x-api-key", key), ("authorization", &other_bearer)], conflict),
        (
            &[("x-api-key", b"ori_mistyped"), ("authorization", &bearer)],
            conflict,
        ),
        (
            &[
                ("x-api-key", b"imported-key-one"),
                ("x-api-key", b"imported-key-two"),
            ],
            conflict,
        ),
        (
            &[
                ("authorization", b"Bearer imported-key-one"),
                ("authorization", b"Bearer imported-key-two"),
            ],
            conflict,
        ),
        // No key at all.
        (&[("authorization", b"Basic eDp5")], "401 invalid_api_key"),
        (&[("authorization", JWT.as_bytes())], "401 invalid_api_key"),
        (&[("x-api-key", b"")], "401 invalid_api_key"),
    ] {
        assert_eq!(
            verdict(&app.anonymous(), WHOAMI, rows).await,
            expected,
            "{:?}",
            headers(rows)
        );
    }
}

#[tokio::test]
async fn a_session_counts_beside_foreign_credentials() {
    let app = TestApp::start().await;
    let token = app.sign_in().await;
    let cookie = token.request(Method::GET, CALLS).build().unwrap().headers()[COOKIE].clone();
    let cookie = cookie.as_bytes();
    let with = |before: &[u8], after: &[u8]| [before, cookie, after].concat();
    for rows in [
        &[("cookie", cookie)][..],
        &[("cookie", cookie), ("authorization", b"Basic eDp5")],
        &[("cookie", cookie), ("authorization", JWT.as_bytes())],
        &[("cookie", cookie), ("authorization", JWE.as_bytes())],
        &[
            ("cookie", cookie),
            ("authorization", b"Bearer ya29.an-opaque-access-token"),
        ],
        &[("cookie", cookie), ("x-api-key", b"")],
        &[("cookie", cookie), ("x-api-key", b"the-key-of-a-gateway")],
        &[("cookie", &with(b"", b"; name=\xe4\xf6"))],
        &[("cookie", &with(b"\xe4\xf6=1; ", b""))],
        &[("cookie", &with(b"no value; =no name; ;", b""))],
        &[("cookie", b"name=\xff"), ("cookie", cookie)],
        &[("cookie", &with(b"ori_session=of another application; ", b""))],
        &[(
            "cookie",
            &with(b"ori_session_id=1; not_ori_session=2;", b";%zz=%"),
        )],
    ] {
        for path in [CALLS, KEYS] {
            assert_eq!(
                verdict(&app.anonymous(), path, rows).await,
                "200",
                "{path} {:?}",
                headers(rows)
            );
        }
    }
}

#[tokio::test]
async fn who_sends_foreign_credentials_alone_is_not_signed_in() {
    let app = TestApp::start().await;
    for rows in [
        &[][..],
        &[("authorization", &b"Basic eDp5"[..])],
        &[("authorization", JWT.as_bytes())],
        &[("x-api-key", b"")],
        &[("cookie", b"name=\xff")],
    ] {
        for path in [CALLS, KEYS] {
            let found = verdict(&app.anonymous(), path, rows).await;
            assert_eq!(found, "401 not_signed_in", "{path} {:?}", headers(rows));
        }
    }
}

#[tokio::test]
async fn a_key_counts_before_a_session_and_sees_its_own_calls_alone() {
    let app = TestApp::start().await;
    let key = app.admin().await.create_key("CRM").await.key;
    let agent = app.person(Role::Agent).await;
    // An agent may not see calls.
    for (name, value, expected) in [
        ("x-api-key", key.clone(), "200"),
        ("authorization", format!("Bearer {key}"), "200"),
        ("x-api-key", "imported-key-unknown".to_owned(), "403 role_too_low"),
    ] {
        let request = agent.request(Method::GET, CALLS).header(name, value);
        assert_eq!(send(request).await.verdict(), expected, "{name}");
    }
}

#[tokio::test]
async fn the_token_of_a_proxy_is_no_failed_attempt() {
    let app = TestApp::start().await;
    for _ in 0..70 {
        let request = app
            .anonymous()
            .request(Method::GET, WHOAMI)
            .header(AUTHORIZATION, JWT);
        assert_eq!(send(request).await.verdict(), "401 invalid_api_key");
    }
    let request = app
        .anonymous()
        .request(Method::GET, WHOAMI)
        .header("x-api-key", "ori_mistyped");
    assert_eq!(send(request).await.verdict(), "401 invalid_api_key");
}
