//! HTTP client of another admin, who works without a browser.

use std::sync::Once;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use reqwest::header::{COOKIE, SET_COOKIE};
use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use super::server::{EMAIL, PASSWORD, Server};
use super::voice_host::FLEET_SECRET;

/// Maximum waiting time for a condition on a busy machine.
const TIMEOUT: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_millis(50);

/// Client with a session of its own.
pub(crate) struct Api {
    client: Client,
    url: String,
    /// `name=value`.
    pub(crate) cookie: String,
}

/// Installs a cryptography provider. In a build with the server's crates, the HTTP client has no default, but needs one
/// even for http.
pub(crate) fn choose_cryptography() {
    static CHOSEN: Once = Once::new();
    CHOSEN.call_once(|| {
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
}

impl Api {
    /// Signs in as the first admin.
    pub(crate) async fn sign_in(server: &Server) -> Self {
        choose_cryptography();
        let client = Client::builder().no_proxy().build().expect("an HTTP client");
        let answer = client
            .post(format!("{}/api/v1/session", server.url))
            .json(&json!({"email": EMAIL, "password": PASSWORD}))
            .send()
            .await
            .expect("the server answers");
        let cookie = answer.headers().get(SET_COOKIE).expect("a session");
        let cookie = cookie.to_str().expect("a readable cookie");
        let cookie = cookie.split(';').next().unwrap_or_default().to_owned();
        Self {
            client,
            url: server.url.clone(),
            cookie,
        }
    }

    /// Creates a key and returns the response body, which includes the plain key.
    pub(crate) async fn create(&self, body: Value) -> Value {
        self.expect(Method::POST, "/api-keys", Some(body), StatusCode::CREATED)
            .await
    }

    /// Creates a key that never expires and returns its id.
    pub(crate) async fn create_named(&self, name: &str) -> String {
        id(&self.create(json!({ "name": name })).await)
    }

    /// Switches a key on or off.
    pub(crate) async fn switch(&self, id: &str, is_active: bool) {
        let body = json!({ "is_active": is_active });
        self.expect(
            Method::PATCH,
            &format!("/api-keys/{id}"),
            Some(body),
            StatusCode::OK,
        )
        .await;
    }

    /// Creates a key with the earliest possible expiry, and waits until it has expired.
    pub(crate) async fn expire(&self, name: &str) {
        let key = async || {
            let found = self.list().await.into_iter().find(|key| key["name"] == name);
            found.expect("the key is there")
        };
        let path = format!("/api-keys/{}", id(&key().await));
        let body = json!({ "expires_at": self.now().await + TimeDelta::seconds(2) });
        self.expect(Method::PATCH, &path, Some(body), StatusCode::OK)
            .await;
        let deadline = Instant::now() + TIMEOUT;
        while key().await["status"] != "expired" {
            assert!(Instant::now() < deadline, "the key never expired");
            sleep(PAUSE).await;
        }
    }

    /// Deletes a key.
    pub(crate) async fn delete(&self, id: &str) {
        self.expect(
            Method::DELETE,
            &format!("/api-keys/{id}"),
            None,
            StatusCode::NO_CONTENT,
        )
        .await;
    }

    /// Places a call with a key and returns the status. Without a voice fleet, a valid key gets a 503.
    pub(crate) async fn call_with(&self, key: &str) -> StatusCode {
        let request = self
            .client
            .post(format!("{}/api/v1/sip/dialout", self.url))
            .header("x-api-key", key)
            .json(&json!({"bot_id": "greeter", "to_number": "+919876543210"}));
        request.send().await.expect("the server answers").status()
    }

    /// Waits until the server knows that its voice fleet has capacity.
    pub(crate) async fn until_fleet_is_ready(&self) {
        let deadline = Instant::now() + TIMEOUT;
        loop {
            let fleet = self
                .expect(Method::GET, "/fleet/status", None, StatusCode::OK)
                .await;
            if fleet["available"].as_u64() > Some(0) {
                return;
            }
            assert!(Instant::now() < deadline, "the fleet never became ready: {fleet}");
            sleep(PAUSE).await;
        }
    }

    /// Places a call that a voice host accepts, and returns its id.
    pub(crate) async fn place(&self, key: &str, call: Value) -> String {
        let request = self
            .client
            .post(format!("{}/api/v1/sip/dialout", self.url))
            .header("x-api-key", key)
            .json(&call);
        let answer = request.send().await.expect("the server answers");
        let (status, text) = (answer.status(), answer.text().await.expect("a whole answer"));
        assert_eq!(status, StatusCode::OK, "{text}");
        let placed: Value = serde_json::from_str(&text).expect("JSON");
        placed["call_id"].as_str().expect("an id").to_owned()
    }

    /// Reports the end of a call as a voice worker.
    pub(crate) async fn report(&self, call: &str, mut result: Value) {
        result["connected_event"] = json!({ "ori_call_id": call });
        let request = self
            .client
            .post(format!("{}/api/v1/call-results", self.url))
            .header("x-fleet-secret", FLEET_SECRET)
            .json(&result);
        let answer = request.send().await.expect("the server answers");
        assert!(answer.status().is_success(), "{}", answer.status());
    }

    /// Returns all calls, newest first.
    pub(crate) async fn calls(&self) -> Vec<Value> {
        let page = self
            .expect(Method::GET, "/calls?limit=1000", None, StatusCode::OK)
            .await;
        page["items"].as_array().expect("a list").clone()
    }

    /// Returns all keys, newest first.
    pub(crate) async fn list(&self) -> Vec<Value> {
        let page = self
            .expect(Method::GET, "/api-keys?limit=1000", None, StatusCode::OK)
            .await;
        page["items"].as_array().expect("a list").clone()
    }

    /// Returns the time of the server's clock.
    pub(crate) async fn now(&self) -> DateTime<Utc> {
        let page = self
            .expect(Method::GET, "/api-keys?limit=1", None, StatusCode::OK)
            .await;
        page["server_time"]
            .as_str()
            .and_then(|time| time.parse().ok())
            .expect("a time")
    }

    /// Returns this person's timezone setting.
    pub(crate) async fn timezone(&self) -> Value {
        self.expect(Method::GET, "/settings", None, StatusCode::OK).await["timezone"].clone()
    }

    /// Ends the session.
    pub(crate) async fn sign_out(&self) {
        self.expect(Method::DELETE, "/session", None, StatusCode::NO_CONTENT)
            .await;
    }

    async fn expect(&self, method: Method, path: &str, body: Option<Value>, status: StatusCode) -> Value {
        let request = self
            .client
            .request(method, format!("{}/api/v1{path}", self.url))
            .header(COOKIE, &self.cookie)
            .json(&body.unwrap_or_default());
        let answer = request.send().await.expect("the server answers");
        let actual = answer.status();
        let text = answer.text().await.expect("a whole answer");
        assert_eq!(actual, status, "{text}");
        serde_json::from_str(&text).unwrap_or_default()
    }
}

fn id(key: &Value) -> String {
    key["id"].as_str().expect("an id").to_owned()
}
