//! The reply to a commit is lost on its way: the change was made, and the client learns that this is not known.

use ori_fleet::fake_host::{FakeHost, Script};
use ori_shared::call::{CallStatus, CallView};
use ori_shared::error_code::ErrorCode;
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::proxy::Proxy;
use ori_fixtures::Engine;
use ori_fixtures::{
    ADMIN_EMAIL, ADMIN_PASSWORD, Answer, Caller as _, KeyHolder, Place, SignedIn, TestApp, send,
};
use ori_fixtures::{DIALOUT, SECRET, until};

/// A server that reaches its database through a proxy.
pub(crate) struct Stage {
    pub(crate) host: FakeHost,
    pub(crate) proxy: Proxy,
    pub(crate) admin: SignedIn,
    key: KeyHolder,
    key_id: Uuid,
    pub(crate) app: TestApp,
}

impl Stage {
    pub(crate) async fn new() -> Self {
        let script = Script {
            workers: 50,
            ..Script::default()
        };
        let host = FakeHost::start(script, Box::new(StdRng::seed_from_u64(5)))
            .await
            .unwrap();
        let proxy = Proxy::before(&Engine::postgres().await.url()).await;
        let options = format!(
            "admin_email = '{ADMIN_EMAIL}'\nadmin_password = '{ADMIN_PASSWORD}'\n\
             fleet_urls = '{}'\nfleet_secret = '{SECRET}'\n",
            host.url()
        );
        let app = TestApp::build(&options, Engine::Postgres(proxy.url()).into(), 23).await;
        let admin = app.sign_in().await;
        let created = admin.create_key("CRM").await;
        let stage = Self {
            key: app.anonymous().with_key(&created.key, Place::Header),
            key_id: created.view.id,
            admin,
            host,
            proxy,
            app,
        };
        until(async || stage.admin.get("/api/v1/fleet/status").await.value()["available"] == 50).await;
        stage
    }

    pub(crate) async fn place(&self, prefer: &str, name: Option<&str>, number: &str) -> Answer {
        let mut request = self.key.request(Method::POST, DIALOUT).header("prefer", prefer);
        if let Some(name) = name {
            request = request.header("idempotency-key", name);
        }
        send(request.json(&json!({"bot_id": "bot", "to_number": number}))).await
    }

    pub(crate) fn dialled(&self, number: &str) -> usize {
        let dialled = self.host.dialled();
        dialled.iter().filter(|dial| dial.to_number == number).count()
    }

    pub(crate) async fn status(&self, call: Uuid) -> CallStatus {
        let answer = self.admin.get(&format!("/api/v1/calls/{call}")).await;
        answer.json::<CallView>().status
    }
}

#[tokio::test]
async fn a_call_in_doubt_is_answered_with_its_id_and_dialled_at_most_once() {
    // In this order: the first call that waits is recorded by several statements, since the queue is not counted yet.
    let cases: &[(&str, Option<&str>, &[&str], usize)] = &[
        ("respond-async", None, &["COMMIT"], 1),
        ("respond-async", None, &[], 1),
        ("respond-async", Some("named"), &[], 1),
        ("wait=60", None, &[], 0),
        ("wait=60", Some("also named"), &[], 0),
    ];
    let stage = Stage::new().await;
    for (place, (prefer, name, commit, dials)) in cases.iter().enumerate() {
        if place == 1 {
            assert_eq!(stage.place(prefer, None, "+919876543200").await.status, 202);
        }
        let number = format!("+91987654321{place}");
        let texts: Vec<_> = [number.as_str()]
            .iter()
            .chain(*commit)
            .map(|text| text.as_bytes())
            .collect();
        stage.proxy.lose_reply_to(&texts);
        let answer = stage.place(prefer, *name, &number).await;
        assert!(stage.proxy.has_lost_it(), "{place}");
        let call = answer.problem(ErrorCode::OutcomeUnknown).call_id.unwrap();
        if *dials == 0 {
            assert_eq!(stage.status(call).await, CallStatus::Reserved, "{place}");
        } else {
            until(async || stage.status(call).await == CallStatus::Accepted).await;
        }
        if *dials == 1 && name.is_some() {
            let again = stage.place(prefer, *name, &number).await;
            assert_eq!((again.status, &again.value()["call_id"]), (202, &json!(call)));
        } else if name.is_some() {
            stage
                .place(prefer, *name, &number)
                .await
                .problem(ErrorCode::IdempotencyInProgress);
        }
        // Whatever was still to be dialled before this one would have been.
        assert_eq!(stage.place("wait=60", None, "+919876543201").await.status, 200);
        assert_eq!(stage.dialled(&number), *dials, "{place}");
    }
}

/// A request, a text of the statement that it causes, and the state afterwards.
type Change<'a> = (Method, &'a str, Value, &'a [u8], (&'a str, &'a str, Value));

#[tokio::test]
async fn a_change_in_doubt_is_not_answered_as_one_that_was_not_made() {
    let stage = Stage::new().await;
    let key = format!("/api/v1/api-keys/{}", stage.key_id);
    let webhook = format!("{key}/webhook");
    let id = stage.key_id.into_bytes();
    let url = "https://crm.example.com/hook";
    let cases: &[Change] = &[
        (
            Method::POST,
            "/api/v1/api-keys",
            json!({"name": "Second"}),
            b"Second",
            ("/api/v1/api-keys", "/items/0/name", json!("Second")),
        ),
        (
            Method::PATCH,
            &key,
            json!({"name": "Renamed"}),
            b"Renamed",
            (&key, "/name", json!("Renamed")),
        ),
        (
            Method::PATCH,
            &key,
            json!({"is_active": false}),
            &id,
            (&key, "/is_active", json!(false)),
        ),
        (
            Method::PUT,
            &webhook,
            json!({"url": url}),
            url.as_bytes(),
            (&webhook, "/url", json!(url)),
        ),
        (
            Method::PATCH,
            "/api/v1/settings",
            json!({"timezone": "Asia/Kolkata"}),
            b"Asia/Kolkata",
            ("/api/v1/settings", "/timezone", json!("Asia/Kolkata")),
        ),
        (
            Method::DELETE,
            &webhook,
            Value::Null,
            &id,
            (&webhook, "/code", json!("webhook_not_found")),
        ),
        (
            Method::DELETE,
            &key,
            Value::Null,
            &id,
            (&key, "/code", json!("api_key_not_found")),
        ),
    ];
    for (method, path, body, seen, (read, pointer, expected)) in cases {
        stage.proxy.lose_reply_to(&[seen, b"COMMIT"]);
        let request = stage.admin.request(method.clone(), path);
        let answer = send(if body.is_null() {
            request
        } else {
            request.json(body)
        })
        .await;
        answer.problem(ErrorCode::ChangeOutcomeUnknown);
        assert!(stage.proxy.has_lost_it(), "{method} {path}");
        let now = stage.admin.get(read).await.value();
        assert_eq!(now.pointer(pointer), Some(expected), "{method} {path}: {now}");
    }
}
