//! The authorization matrix: every operation of the OpenAPI document for every kind of client.
//!
//! An operation without a row fails, and so does a row without an operation. To add an operation, add its row.

use std::collections::BTreeSet;

use ori_shared::account::Role;
use ori_shared::api_key::CreatedApiKey;
use ori_shared::error_code::ErrorCode;
use reqwest::RequestBuilder;
use serde_json::{Value, json};

use ori_fixtures::{
    ADMIN_EMAIL, ADMIN_PASSWORD, Caller, Operation, Place, SignedIn, TestApp, operations, send,
};

/// The response to each client: the status, and the code of a problem.
struct Row {
    method: &'static str,
    path: &'static str,
    body: fn() -> Value,
    nobody: &'static str,
    /// An API key in either of its two headers.
    key: &'static str,
    agent: &'static str,
    supervisor: &'static str,
    admin: &'static str,
    super_admin: &'static str,
    /// A voice worker with the fleet secret.
    worker: &'static str,
}

const OUT: &str = "401 not_signed_in";
const LOW: &str = "403 role_too_low";
const NO_KEY: &str = "401 invalid_api_key";
const NO_WORKER: &str = "403 invalid_fleet_secret";

/// The same for everyone.
const fn for_everyone(
    method: &'static str,
    path: &'static str,
    body: fn() -> Value,
    answer: &'static str,
) -> Row {
    Row {
        method,
        path,
        body,
        nobody: answer,
        key: answer,
        agent: answer,
        supervisor: answer,
        admin: answer,
        super_admin: answer,
        worker: answer,
    }
}

/// Allows every signed-in person. An API key counts as no credentials.
const fn for_people(
    method: &'static str,
    path: &'static str,
    body: fn() -> Value,
    answer: &'static str,
) -> Row {
    Row {
        nobody: OUT,
        key: OUT,
        worker: OUT,
        ..for_everyone(method, path, body, answer)
    }
}

/// Allows supervisors and above. An API key counts as no credentials.
const fn for_watchers(
    method: &'static str,
    path: &'static str,
    body: fn() -> Value,
    answer: &'static str,
) -> Row {
    Row {
        agent: LOW,
        ..for_people(method, path, body, answer)
    }
}

/// Allows admins and above. An API key counts as no credentials.
const fn for_admins(
    method: &'static str,
    path: &'static str,
    body: fn() -> Value,
    answer: &'static str,
) -> Row {
    Row {
        supervisor: LOW,
        ..for_watchers(method, path, body, answer)
    }
}

/// An API key; and supervisors and above.
const fn for_keys_and_watchers(
    method: &'static str,
    path: &'static str,
    body: fn() -> Value,
    answer: &'static str,
) -> Row {
    Row {
        key: answer,
        ..for_watchers(method, path, body, answer)
    }
}

/// Allows only an API key. A session counts as no credentials.
const fn for_keys(
    method: &'static str,
    path: &'static str,
    body: fn() -> Value,
    answer: &'static str,
) -> Row {
    Row {
        key: answer,
        ..for_everyone(method, path, body, NO_KEY)
    }
}

/// A voice worker alone.
const fn for_workers(
    method: &'static str,
    path: &'static str,
    body: fn() -> Value,
    answer: &'static str,
) -> Row {
    Row {
        worker: answer,
        ..for_everyone(method, path, body, NO_WORKER)
    }
}

const ROWS: &[Row] = &[
    for_everyone("POST", "/api/v1/session", sign_in, "200"),
    for_people("GET", "/api/v1/session", nothing, "200"),
    for_everyone("DELETE", "/api/v1/session", nothing, "204"),
    for_everyone("POST", "/api/v1/setup", set_up, "403 setup_link_invalid"),
    for_admins("GET", "/api/v1/api-keys", nothing, "200"),
    for_admins("POST", "/api/v1/api-keys", name, "201"),
    for_admins("GET", "/api/v1/api-keys/{id}", nothing, "200"),
    for_admins("PATCH", "/api/v1/api-keys/{id}", name, "200"),
    for_admins("DELETE", "/api/v1/api-keys/{id}", nothing, "204"),
    for_admins(
        "GET",
        "/api/v1/api-keys/{id}/webhook",
        nothing,
        "404 webhook_not_found",
    ),
    for_admins("PUT", "/api/v1/api-keys/{id}/webhook", address, "201"),
    for_admins(
        "DELETE",
        "/api/v1/api-keys/{id}/webhook",
        nothing,
        "404 webhook_not_found",
    ),
    for_admins(
        "POST",
        "/api/v1/api-keys/{id}/webhook/secret",
        nothing,
        "404 webhook_not_found",
    ),
    for_admins("GET", "/api/v1/webhook-deliveries", nothing, "200"),
    for_admins(
        "POST",
        "/api/v1/webhook-deliveries/{id}/replay",
        nothing,
        "404 webhook_delivery_not_found",
    ),
    for_people("GET", "/api/v1/settings", nothing, "200"),
    for_people("PATCH", "/api/v1/settings", timezone, "200"),
    for_keys("POST", "/api/v1/sip/dialout", call, "503 no_capacity"),
    for_keys("POST", "/api/v1/dialout", call, "503 no_capacity"),
    for_keys("GET", "/api/v1/auth/whoami", nothing, "200"),
    for_keys_and_watchers("GET", "/api/v1/calls", nothing, "200"),
    for_keys_and_watchers("GET", "/api/v1/calls/{id}", nothing, "404 call_not_found"),
    for_watchers("GET", "/api/v1/fleet/status", nothing, "200"),
    for_workers("POST", "/api/v1/call-results", report, "404 call_not_found"),
    for_everyone("GET", "/healthz", nothing, "200"),
    for_everyone("GET", "/readyz", nothing, "200"),
    page("/docs"),
    page("/docs/guide"),
    page("/docs/style.css"),
    page("/docs/icon.svg"),
    page("/problems"),
    for_everyone("GET", "/problems/{code}", nothing, "404 not_found"),
    page("/openapi.yaml"),
    page("/openapi.json"),
];

const FLEET_SECRET: &str = "what the fleet and we know";

fn nothing() -> Value {
    Value::Null
}

fn name() -> Value {
    json!({"name": "CRM"})
}

fn address() -> Value {
    json!({"url": "https://crm.example.com/hook"})
}

fn timezone() -> Value {
    json!({"timezone": "Asia/Kolkata"})
}

fn sign_in() -> Value {
    json!({"email": ADMIN_EMAIL, "password": ADMIN_PASSWORD})
}

fn call() -> Value {
    json!({"bot_id": "bot", "to_number": "+919876543210"})
}

fn report() -> Value {
    json!({"call_id": "unknown", "disconnected_by": "user"})
}

/// Pages and documents that everybody may read.
const fn page(path: &'static str) -> Row {
    for_everyone("GET", path, nothing, "200")
}

fn set_up() -> Value {
    json!({"token": "x", "email": "eve@example.com", "password": "another password"})
}

#[test]
fn every_operation_has_a_row_and_every_row_an_operation() {
    let documented: BTreeSet<String> = operations()
        .iter()
        .map(|Operation { method, path, .. }| format!("{method} {path}"))
        .collect();
    let rows: BTreeSet<String> = ROWS
        .iter()
        .map(|row| format!("{} {}", row.method, row.path))
        .collect();
    assert_eq!(documented, rows);
}

#[tokio::test]
async fn everybody_may_do_what_their_row_says_and_nothing_else() {
    // At that address no voice host answers, so that no call is placed.
    let fleet = format!("fleet_urls = 'http://127.0.0.1:9'\nfleet_secret = '{FLEET_SECRET}'");
    let app = TestApp::with(&fleet).await;
    let owner = app.admin().await;
    let mut wrong = Vec::new();
    for row in ROWS {
        let mut check = async |who: &str, caller: &dyn Ask, expected: &str| {
            let target = owner.create_key("target").await;
            let answer = send(row.request(caller, &target)).await.verdict();
            if answer != expected {
                wrong.push(format!(
                    "{} {} by {who}: {answer}, not {expected}",
                    row.method, row.path
                ));
            }
        };
        check("nobody", &app.anonymous(), row.nobody).await;
        let key = owner.create_key("caller").await.key;
        for place in [Place::Header, Place::Bearer] {
            let holder = app.anonymous().with_key(&key, place);
            check(&format!("a key ({place:?})"), &holder, row.key).await;
        }
        let worker = app.anonymous().with_fleet_secret(FLEET_SECRET);
        check("a voice worker", &worker, row.worker).await;
        for (role, expected) in [
            (Role::Agent, row.agent),
            (Role::Supervisor, row.supervisor),
            (Role::Admin, row.admin),
            (Role::SuperAdmin, row.super_admin),
        ] {
            let person: SignedIn = app.person(role).await;
            check(role.label(), &person, expected).await;
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

impl Row {
    fn request(&self, caller: &dyn Ask, target: &CreatedApiKey) -> RequestBuilder {
        let path = self.path.replace("{id}", &target.view.id.to_string());
        let request = caller.ask(self.method, &path);
        match (self.body)() {
            Value::Null => request,
            body => request.json(&body),
        }
    }
}

/// Any [`Caller`].
trait Ask {
    fn ask(&self, method: &str, path: &str) -> RequestBuilder;
}

impl<T: Caller> Ask for T {
    fn ask(&self, method: &str, path: &str) -> RequestBuilder {
        self.request(method.parse().unwrap(), path)
    }
}

#[tokio::test]
async fn a_key_beside_a_session_takes_nothing_away_and_adds_nothing() {
    let app = TestApp::start().await;
    let key = app.admin().await.create_key("CRM").await.key;
    for (role, expected) in [(Role::Agent, LOW), (Role::Admin, "200")] {
        let request = app
            .person(role)
            .await
            .request(reqwest::Method::GET, "/api/v1/api-keys")
            .header("x-api-key", &key);
        assert_eq!(send(request).await.verdict(), expected);
    }
}

#[tokio::test]
async fn who_asks_is_proved_before_what_is_asked_is_read() {
    let app = TestApp::start().await;
    let agent = app.person(Role::Agent).await;
    let admin = app.admin().await;
    let created = admin.create_key("CRM").await;
    admin
        .patch(
            &format!("/api/v1/api-keys/{}", created.view.id),
            json!({"is_active": false}),
        )
        .await;
    let key = app.anonymous().with_key(&created.key, Place::Header);
    for body in ["{", "[]", r#"{"colour":1}"#] {
        let keys = "/api/v1/api-keys";
        app.anonymous()
            .post_text(keys, body)
            .await
            .problem(ErrorCode::NotSignedIn);
        agent.post_text(keys, body).await.problem(ErrorCode::RoleTooLow);
        key.post_text("/api/v1/sip/dialout", body)
            .await
            .problem(ErrorCode::ApiKeyInactive);
    }
    agent
        .get("/api/v1/api-keys?limit=0")
        .await
        .problem(ErrorCode::RoleTooLow);
    app.anonymous()
        .get("/api/v1/calls?limit=0")
        .await
        .problem(ErrorCode::NotSignedIn);
}
