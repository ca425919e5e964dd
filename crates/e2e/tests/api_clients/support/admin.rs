//! HTTP client of an admin, who creates keys and webhooks.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::server::{EMAIL, PASSWORD, Server, client};

/// Client with a session.
pub(crate) struct Admin {
    url: String,
    /// Session token.
    pub(crate) session: String,
}

/// Created key.
pub(crate) struct Key {
    id: String,
    /// Plain key.
    pub(crate) key: String,
}

impl Admin {
    /// Signs in.
    pub(crate) async fn sign_in(server: &Server) -> Self {
        let request = client().post(format!("{}/api/v1/session", server.url));
        let request = request.json(&json!({"email": EMAIL, "password": PASSWORD}));
        let answer = request.send().await.expect("the server answers");
        let cookie = answer.headers().get("set-cookie").expect("a session");
        let cookie = cookie.to_str().expect("a readable cookie");
        let (_, value) = cookie.split_once('=').expect("a name and a value");
        Self {
            url: server.url.clone(),
            session: value.split(';').next().unwrap_or_default().to_owned(),
        }
    }

    /// Creates a key.
    pub(crate) async fn create_key(&self, name: &str) -> Key {
        let created = self.ask(
            Method::POST,
            "api-keys",
            json!({ "name": name }),
            StatusCode::CREATED,
        );
        let created = created.await;
        Key {
            id: text(&created["id"]),
            key: text(&created["key"]),
        }
    }

    /// Sets the webhook of a key and returns its secret.
    pub(crate) async fn set_webhook(&self, key: &Key, url: &str) -> String {
        let path = format!("api-keys/{}/webhook", key.id);
        let created = self.ask(Method::PUT, &path, json!({ "url": url }), StatusCode::CREATED);
        text(&created.await["secret"])
    }

    /// Checks that the session is still valid.
    pub(crate) async fn still_works(&self) {
        self.ask(Method::GET, "session", Value::Null, StatusCode::OK)
            .await;
    }

    async fn ask(&self, method: Method, path: &str, body: Value, expected: StatusCode) -> Value {
        let mut request = client()
            .request(method, format!("{}/api/v1/{path}", self.url))
            .header("cookie", format!("ori_session={}", self.session));
        if !body.is_null() {
            request = request.json(&body);
        }
        let answer = request.send().await.expect("the server answers");
        let status = answer.status();
        let body: Value = answer.json().await.expect("JSON");
        assert_eq!(status, expected, "{body}");
        body
    }
}

pub(crate) fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}
