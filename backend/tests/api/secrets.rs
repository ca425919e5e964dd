//! No secret is in what the program writes, however it is used.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ori_key::{PlainKey, Token};
use ori_shared::error_code::ErrorCode;
use reqwest::Method;
use serde_json::{Value, json};

use ori_fixtures::{Caller as _, Place, Process, Receiver, SignedIn, send, until};

const PASSWORD: &str = "correct-horse-battery";
const WRONG_PASSWORD: &str = "incorrect-horse-battery";
const FLEET_SECRET: &str = "what-the-fleet-knows";
const EMAIL: &str = "ada@example.com";
const SESSION: &str = "/api/v1/session";
const KEYS: &str = "/api/v1/api-keys";

#[tokio::test]
async fn no_secret_is_in_the_text_log_of_the_whole_flow() {
    let log = log_of_the_whole_flow("text").await;
    assert!(log.contains("/api/v1/api-keys/{id}"), "{log}");
}

#[tokio::test]
async fn no_secret_is_in_the_json_log_of_the_whole_flow_and_each_line_is_an_object() {
    let log = log_of_the_whole_flow("json").await;
    for line in log.lines() {
        let entry: Value = serde_json::from_str(line).unwrap_or_else(|_| panic!("no JSON: {line}"));
        assert!(
            entry["timestamp"].is_string() && entry["level"].is_string(),
            "{line}"
        );
    }
}

/// The log of the program, which contains no secret.
async fn log_of_the_whole_flow(format: &str) -> String {
    let mut process = Process::serve(&[
        ("ORI_LOG", "trace"),
        ("ORI_LOG_FORMAT", format),
        ("ORI_FLEET_URLS", "http://127.0.0.1:9"),
        ("ORI_FLEET_SECRET", FLEET_SECRET),
        ("ORI_WEBHOOK_PRIVATE_NETWORKS", "127.0.0.0/8"),
    ]);
    let link = process.stdout.until("/setup#");
    let setup_token = link.split_once('#').unwrap().1.to_owned();
    let mut secrets = Secrets::default();
    secrets.add_token(&setup_token);
    secrets.add(PASSWORD);
    secrets.add(WRONG_PASSWORD);
    secrets.add(FLEET_SECRET);
    let admin = set_up(&process, &setup_token, &mut secrets).await;
    use_keys(&process, &admin, &mut secrets).await;
    place_calls(&process, &admin, &mut secrets).await;
    send_events(&process, &admin, &mut secrets).await;
    assert_eq!(admin.delete(SESSION).await.status, 204);

    let ended = process.stop();
    assert_eq!(ended.status.code(), Some(0));
    assert!(ended.stderr.contains("created an API key"), "{}", ended.stderr);
    secrets.look_in(&ended.stderr);
    assert_eq!(ended.stdout.matches(&setup_token).count(), 1);
    secrets.look_in(&ended.stdout.replace(&setup_token, ""));
    ended.stderr
}

/// Makes the first admin and signs in, with failures on the way.
async fn set_up(process: &Process, setup_token: &str, secrets: &mut Secrets) -> SignedIn {
    let anonymous = process.anonymous();
    let body = |token: &str| json!({"token": token, "email": EMAIL, "password": PASSWORD});
    anonymous.post("/api/v1/setup", body("wrong")).await;
    anonymous.get(&format!("/setup?token={setup_token}")).await;
    let made = anonymous.post("/api/v1/setup", body(setup_token)).await;
    assert_eq!(made.status, 201);
    secrets.add_token(made.cookie("ori_session").value());
    anonymous.post("/api/v1/setup", body(setup_token)).await;

    anonymous.sign_in(EMAIL, WRONG_PASSWORD).await;
    anonymous.sign_in("nobody@example.com", WRONG_PASSWORD).await;
    anonymous.sign_in(PASSWORD, EMAIL).await;
    anonymous
        .post(SESSION, json!({"email": EMAIL, PASSWORD: 1}))
        .await;
    anonymous
        .post(SESSION, json!({"email": EMAIL, "password": [PASSWORD]}))
        .await;
    anonymous
        .post_text(SESSION, format!("{{\"password\":\"{PASSWORD}\","))
        .await;
    anonymous
        .get(&format!("{SESSION}?email={EMAIL}&password={PASSWORD}"))
        .await;
    let form = anonymous.request(Method::POST, SESSION);
    send(form.body(format!("email={EMAIL}&password={PASSWORD}"))).await;

    let signed_in = anonymous.sign_in(EMAIL, PASSWORD).await;
    assert_eq!(signed_in.status, 200);
    let token = signed_in.cookie("ori_session").value().to_owned();
    secrets.add_token(&token);
    anonymous.get(&format!("{SESSION}?ori_session={token}")).await;
    let as_bearer = anonymous.request(Method::GET, SESSION).bearer_auth(&token);
    send(as_bearer).await;
    SignedIn::new(anonymous, format!("ori_session={token}"))
}

/// Creates, lists, changes and deletes a key, and sends it in wrong places.
async fn use_keys(process: &Process, admin: &SignedIn, secrets: &mut Secrets) {
    let created = admin.create_key("CRM").await;
    let key = created.key.as_str();
    secrets.add_key(key);
    let path = format!("{KEYS}/{}", created.view.id);
    assert_eq!(admin.get(KEYS).await.status, 200);
    assert_eq!(admin.patch(&path, json!({"is_active": false})).await.status, 200);

    for misplaced in [
        format!("{KEYS}?q={key}"),
        format!("{KEYS}?cursor={key}"),
        format!("{KEYS}?{key}=1"),
        format!("{KEYS}/{key}"),
        format!("/api/v1/{key}"),
        format!("/{key}?api_key={key}"),
    ] {
        admin.get(&misplaced).await;
    }
    admin.patch(&path, json!({ "is_active": key })).await;
    admin.patch(&path, json!({ "expires_at": key })).await;
    admin.post_text(KEYS, format!("{{\"name\": {key}")).await;
    admin.patch("/api/v1/settings", json!({ "timezone": key })).await;
    for place in [Place::Header, Place::Bearer] {
        let holder = process.anonymous().with_key(key, place);
        holder.get(KEYS).await;
        holder.delete(&path).await;
    }
    assert_eq!(admin.delete(&path).await.status, 204);
}

/// Asks for calls that no voice host takes, and reports on them, in right and in wrong ways.
async fn place_calls(process: &Process, admin: &SignedIn, secrets: &mut Secrets) {
    let key = admin.create_key("CRM").await.key;
    secrets.add_key(&key);
    let call = json!({"bot_id": "bot", "to_number": "+919876543210"});
    for place in [Place::Header, Place::Bearer] {
        let holder = process.anonymous().with_key(&key, place);
        assert_eq!(holder.get("/api/v1/auth/whoami").await.status, 200);
        let refused = holder.post("/api/v1/sip/dialout", call.clone()).await;
        refused.problem(ErrorCode::NoCapacity);
        holder.post("/api/v1/dialout", json!({ "bot_id": [key] })).await;
        holder.get(&format!("/api/v1/calls?status={key}")).await;
    }
    process
        .anonymous()
        .post(&format!("/api/v1/sip/dialout?api_key={key}"), call)
        .await;
    let unknown = json!({"call_id": "unknown", "disconnected_by": "user"});
    let worker = process.anonymous().with_fleet_secret(FLEET_SECRET);
    let answer = worker.post("/api/v1/call-results", unknown.clone()).await;
    answer.problem(ErrorCode::CallNotFound);
    let wrong = process.anonymous().with_fleet_secret(&key);
    wrong.post("/api/v1/call-results", unknown).await;
}

/// Sets, rotates and removes a webhook whose address holds a secret too, and has an event sent there.
async fn send_events(process: &Process, admin: &SignedIn, secrets: &mut Secrets) {
    const IN_ADDRESS: &str = "what-only-the-receiver-knows";
    secrets.add(IN_ADDRESS);
    let receiver = Receiver::start();
    let created = admin.create_key("CRM").await;
    secrets.add_key(&created.key);
    let hook = format!("{KEYS}/{}/webhook", created.view.id);
    let url = format!("{}/{IN_ADDRESS}?token={IN_ADDRESS}", receiver.url());
    let set = admin.put(&hook, json!({ "url": url })).await;
    assert_eq!(set.status, 201);
    secrets.add_webhook_secret(set.value()["secret"].as_str().unwrap());
    for wrong in [
        format!("http://ada:{IN_ADDRESS}@crm.example.com/"),
        format!("{url}#{IN_ADDRESS}"),
    ] {
        admin.put(&hook, json!({ "url": wrong })).await.fault("/url");
    }
    let rotated = admin.post(&format!("{hook}/secret"), json!({})).await;
    secrets.add_webhook_secret(rotated.value()["secret"].as_str().unwrap());

    let holder = process.anonymous().with_key(&created.key, Place::Header);
    let call = json!({"bot_id": "bot", "to_number": "+919876543210"});
    let refused = holder.post("/api/v1/sip/dialout", call).await;
    let call = refused.problem(ErrorCode::NoCapacity).call_id.unwrap();
    let worker = process.anonymous().with_fleet_secret(FLEET_SECRET);
    let result = json!({"connected_event": {"ori_call_id": call}, "disconnected_by": "user"});
    // It is refused, then delivered, then the receiver is gone.
    receiver.answer(500);
    assert_eq!(worker.post("/api/v1/call-results", result).await.status, 200);
    receiver.until_received(1).await;
    receiver.answer(200);
    let deliveries = admin.get("/api/v1/webhook-deliveries").await.value();
    let id = deliveries["items"][0]["id"].as_str().unwrap();
    let replay = format!("/api/v1/webhook-deliveries/{id}/replay");
    assert_eq!(admin.post(&replay, json!({})).await.status, 202);
    receiver.until_received(2).await;
    let nobody = format!("http://127.0.0.1:9/{IN_ADDRESS}?token={IN_ADDRESS}");
    assert_eq!(admin.put(&hook, json!({ "url": nobody })).await.status, 200);
    assert_eq!(admin.post(&replay, json!({})).await.status, 202);
    until(async || {
        admin
            .get("/api/v1/webhook-deliveries")
            .await
            .text()
            .contains("not_connected")
    })
    .await;
    assert_eq!(admin.delete(&hook).await.status, 204);
}

/// Secrets, each in all forms that the program knows.
#[derive(Default)]
struct Secrets(Vec<String>);

impl Secrets {
    fn add(&mut self, secret: &str) {
        self.0.push(secret.to_owned());
    }

    fn add_key(&mut self, key: &str) {
        let digest = PlainKey::parse(key).unwrap().digest();
        // Its first seven characters are no secret.
        self.add(&key[7..]);
        self.add_digest(&digest.as_bytes()[..]);
    }

    fn add_webhook_secret(&mut self, secret: &str) {
        let encoded = secret.strip_prefix("whsec_").unwrap();
        self.add(encoded);
        self.add_digest(&STANDARD.decode(encoded).unwrap());
    }

    fn add_token(&mut self, token: &str) {
        self.add(token);
        self.add_digest(&Token::presented(token).digest().as_bytes()[..]);
    }

    fn add_digest(&mut self, digest: &[u8]) {
        use std::fmt::Write as _;
        let mut hex = String::new();
        for byte in digest {
            write!(hex, "{byte:02x}").unwrap();
        }
        self.0.push(hex);
        self.0.push(format!("{digest:?}"));
    }

    fn look_in(&self, written: &str) {
        let lower = written.to_lowercase();
        for secret in self.0.iter().map(String::as_str).chain(["$argon2"]) {
            let found = lower.lines().find(|line| line.contains(&secret.to_lowercase()));
            assert!(found.is_none(), "a secret is in: {found:?}");
        }
    }
}
