//! A client disconnects while its change is being made: the change is made all the same, as a whole.

use std::collections::BTreeSet;
use std::time::Duration;

use ori_key::{PlainKey, Token};
use ori_shared::call::CallStatus;
use ori_shared::session::SessionView;
use ori_store::{CallOrder, CallResult, NewCall, Transition};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use uuid::Uuid;

use crate::lost_replies::Stage;
use crate::proxy::Proxy;
use ori_fixtures::Engine;
use ori_fixtures::until;
use ori_fixtures::{ADMIN_EMAIL, ADMIN_PASSWORD, Anonymous, Caller, Place, SignedIn, TestApp, operations};

/// A change, and what the database is sent by it.
struct Change<'a> {
    caller: &'a dyn Request,
    /// The operation as the document names it.
    operation: &'static str,
    id: Uuid,
    body: Value,
    /// Text of the statement during which the client disconnects.
    begun: &'a [u8],
    /// Text of what the change consists of beside the transaction of that statement.
    next: Option<&'a [u8]>,
}

/// Any [`Caller`].
trait Request {
    fn request_to(&self, method: Method, path: &str) -> reqwest::RequestBuilder;
}

impl<T: Caller> Request for T {
    fn request_to(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.request(method, path)
    }
}

#[tokio::test]
async fn every_change_is_completed_after_its_client_has_disconnected() {
    let stage = Stage::new().await;
    let app = &stage.app;
    let session: SessionView = stage.admin.get("/api/v1/session").await.json();
    let key = stage.admin.create_key("Subject").await;
    let key_id = key.view.id;
    let holder = app.anonymous().with_key(&key.key, Place::Header);
    let webhook = format!("/api/v1/api-keys/{key_id}/webhook");
    let receiver = json!({"url": "https://crm.example.com/hook"});
    assert_eq!(stage.admin.put(&webhook, receiver).await.status, 201);
    let call = ended_call(app, &key.key).await;
    let deliveries = format!("/api/v1/webhook-deliveries?call_id={call}");
    let delivery = stage.admin.get(&deliveries).await.value()["items"][0]["id"].clone();
    let delivery: Uuid = serde_json::from_value(delivery).unwrap();
    let worker = app.anonymous().with_fleet_secret(ori_fixtures::SECRET);
    let (browser, anonymous) = (stage.app.sign_in().await, app.anonymous());
    let old = token(&browser).digest();
    let change = |caller, operation, body, begun| Change {
        caller,
        operation,
        id: key_id,
        body,
        begun,
        next: None,
    };
    let changes = [
        // The old session ends, and the new one begins.
        Change {
            next: Some(session.account_id.as_bytes()),
            ..change(
                &browser,
                "POST /api/v1/session",
                json!({"email": ADMIN_EMAIL, "password": ADMIN_PASSWORD}),
                old.as_bytes(),
            )
        },
        change(&browser, "DELETE /api/v1/session", Value::Null, old.as_bytes()),
        change(
            &stage.admin,
            "POST /api/v1/api-keys",
            json!({"name": "Second"}),
            b"Second",
        ),
        change(
            &stage.admin,
            "PATCH /api/v1/api-keys/{id}",
            json!({"name": "Renamed"}),
            b"Renamed",
        ),
        change(
            &stage.admin,
            "PUT /api/v1/api-keys/{id}/webhook",
            json!({"url": "https://crm.example.com/other"}),
            b"https://crm.example.com/other",
        ),
        change(
            &stage.admin,
            "POST /api/v1/api-keys/{id}/webhook/secret",
            Value::Null,
            key_id.as_bytes(),
        ),
        Change {
            id: delivery,
            ..change(
                &stage.admin,
                "POST /api/v1/webhook-deliveries/{id}/replay",
                Value::Null,
                delivery.as_bytes(),
            )
        },
        change(
            &stage.admin,
            "PATCH /api/v1/settings",
            json!({"timezone": "Asia/Kolkata"}),
            b"Asia/Kolkata",
        ),
        change(
            &worker,
            "POST /api/v1/call-results",
            json!({"connected_event": {"ori_call_id": call}, "session_id": "session-77"}),
            b"session-77",
        ),
        change(
            &stage.admin,
            "DELETE /api/v1/api-keys/{id}/webhook",
            Value::Null,
            key_id.as_bytes(),
        ),
        change(
            &stage.admin,
            "DELETE /api/v1/api-keys/{id}",
            Value::Null,
            key_id.as_bytes(),
        ),
    ];
    let mut tried: BTreeSet<&str> = changes.iter().map(|change| change.operation).collect();
    // Before the key is deleted.
    for (operation, number) in [
        ("POST /api/v1/sip/dialout", "+919876543211"),
        ("POST /api/v1/dialout", "+919876543212"),
    ] {
        tried.insert(operation);
        let body = json!({"bot_id": "bot", "to_number": number});
        let place = change(&holder, operation, body, number.as_bytes());
        begin_and_disconnect(&place, &stage.proxy, &anonymous).await;
        until(async || stage.dialled(number) == 1).await;
    }
    for change in &changes {
        begin_and_disconnect(change, &stage.proxy, &anonymous).await;
        let is_completed = until_or_fail(stage.proxy.until_completed(), change.operation).await;
        assert!(is_completed, "{} is rolled back", change.operation);
    }
    set_up_and_disconnect(&mut tried).await;
    let all = operations();
    let mutating = all.iter().filter(|operation| operation.changes_something());
    let mutating: BTreeSet<String> = mutating
        .map(|operation| format!("{} {}", operation.method, operation.path))
        .collect();
    assert_eq!(tried, mutating.iter().map(String::as_str).collect());
}

/// The first admin is created, and a session with it.
async fn set_up_and_disconnect(tried: &mut BTreeSet<&str>) {
    let proxy = Proxy::before(&Engine::postgres().await.url()).await;
    let app = TestApp::build("", Engine::Postgres(proxy.url()).into(), 23).await;
    let link = app.setup_url.clone().unwrap();
    let (_, token) = link.split_once("/setup#").unwrap();
    let anonymous = app.anonymous();
    let change = Change {
        caller: &anonymous,
        operation: "POST /api/v1/setup",
        id: Uuid::nil(),
        body: json!({"token": token, "email": ADMIN_EMAIL, "password": ADMIN_PASSWORD}),
        begun: ADMIN_EMAIL.as_bytes(),
        next: Some(b"insert into sessions"),
    };
    tried.insert(change.operation);
    begin_and_disconnect(&change, &proxy, &anonymous).await;
    assert!(until_or_fail(proxy.until_completed(), change.operation).await);
}

async fn begin_and_disconnect(change: &Change<'_>, proxy: &Proxy, anonymous: &Anonymous) {
    let (method, path) = change.operation.split_once(' ').unwrap();
    let path = path.replace("{id}", &change.id.to_string());
    let request = change.caller.request_to(method.parse().unwrap(), &path);
    let request = match &change.body {
        Value::Null => request,
        body => request.json(body),
    };
    proxy.hold_at(change.begun, change.next);
    let client = send_raw(request).await;
    until_or_fail(proxy.until_held(), change.operation).await;
    // With a reset: if the client only closes its side, the server goes on by itself.
    client.set_zero_linger().unwrap();
    drop(client);
    // The server has one thread, which notices the end of the connection before it responds to a later one.
    for _ in 0..2 {
        assert_eq!(anonymous.get("/healthz").await.status, 200);
    }
    proxy.release();
}

/// Sends the request on a connection of its own, and reads nothing.
async fn send_raw(request: reqwest::RequestBuilder) -> TcpStream {
    let request = request.build().unwrap();
    let url = request.url();
    let body = request
        .body()
        .and_then(|body| body.as_bytes())
        .unwrap_or_default();
    let mut head = format!("{} {} HTTP/1.1\r\nhost: test\r\n", request.method(), url.path());
    for (name, value) in request.headers() {
        head += &format!("{name}: {}\r\n", value.to_str().unwrap());
    }
    head += &format!("content-length: {}\r\n\r\n", body.len());
    let mut stream = TcpStream::connect((url.host_str().unwrap(), url.port().unwrap()))
        .await
        .unwrap();
    stream.write_all(&[head.as_bytes(), body].concat()).await.unwrap();
    stream
}

async fn until_or_fail<T>(awaited: impl Future<Output = T>, operation: &str) -> T {
    let within = tokio::time::timeout(Duration::from_secs(60), awaited).await;
    within.unwrap_or_else(|_| panic!("{operation} does not go on"))
}

fn token(browser: &SignedIn) -> Token {
    let (_, token) = browser.cookie().split_once('=').unwrap();
    Token::presented(token)
}

/// A call that has ended, with an event for the webhook of its key.
async fn ended_call(app: &TestApp, key: &str) -> Uuid {
    let call = NewCall {
        id: app.random.id(app.now()),
        key: PlainKey::parse(key).unwrap().digest(),
        claim: None,
        queue_limit: None,
        order: CallOrder {
            bot_id: "bot".into(),
            to_number: "+919876543210".into(),
            to_number_raw: "9876543210".into(),
            from_number: None,
            from_number_raw: None,
            variables: [].into(),
            call_reference: None,
        },
        now: app.now(),
    };
    let id = call.id;
    app.store.admit_call(call).await.unwrap();
    let sent = Transition::new(id, &[CallStatus::Reserved], CallStatus::Sent, app.now());
    assert!(app.store.transition_call(sent).await.unwrap());
    let result = CallResult {
        call: Some(id),
        disconnected_by: Some("user".into()),
        now: app.now(),
        ..CallResult::default()
    };
    assert_eq!(app.store.add_call_result(result).await.unwrap(), Some(id));
    id
}
