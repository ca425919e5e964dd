use std::sync::Arc;

use ori_shared::api_key::CreatedApiKey;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, COOKIE};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use super::Answer;

/// Somebody who sends requests, and proves who they are in their own way.
pub(crate) trait Caller {
    fn request(&self, method: Method, path: &str) -> RequestBuilder;

    async fn get(&self, path: &str) -> Answer {
        send(self.request(Method::GET, path)).await
    }

    async fn post(&self, path: &str, body: Value) -> Answer {
        send(self.request(Method::POST, path).json(&body)).await
    }

    async fn put(&self, path: &str, body: Value) -> Answer {
        send(self.request(Method::PUT, path).json(&body)).await
    }

    async fn patch(&self, path: &str, body: Value) -> Answer {
        send(self.request(Method::PATCH, path).json(&body)).await
    }

    async fn delete(&self, path: &str) -> Answer {
        send(self.request(Method::DELETE, path)).await
    }

    /// Posts that text as it is, declared as JSON.
    async fn post_text(&self, path: &str, body: impl Into<reqwest::Body>) -> Answer {
        let request = self.request(Method::POST, path);
        send(request.header(CONTENT_TYPE, "application/json").body(body)).await
    }

    async fn sign_in(&self, email: &str, password: &str) -> Answer {
        self.post("/api/v1/session", json!({ "email": email, "password": password }))
            .await
    }
}

/// Sends it and reads the answer.
pub(crate) async fn send(request: RequestBuilder) -> Answer {
    let (client, request) = request.build_split();
    let request = request.unwrap();
    let method = request.method().clone();
    Answer::read(&method, client.execute(request).await.unwrap()).await
}

/// Proves nothing.
#[derive(Clone)]
pub(crate) struct Anonymous {
    http: reqwest::Client,
    base: String,
}

impl Anonymous {
    pub(crate) fn new(http: reqwest::Client, base: &str) -> Self {
        Self {
            http,
            base: base.to_owned(),
        }
    }

    /// The same, with a key.
    pub(crate) fn with_key(&self, key: &str, place: Place) -> KeyHolder {
        KeyHolder {
            anonymous: self.clone(),
            key: key.to_owned(),
            place,
        }
    }

    /// The same, with the secret of the voice fleet.
    pub(crate) fn with_fleet_secret(&self, secret: &str) -> VoiceWorker {
        VoiceWorker {
            anonymous: self.clone(),
            secret: secret.to_owned(),
        }
    }
}

impl Caller for Anonymous {
    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.base))
    }
}

/// Sends the cookie of a console session.
#[derive(Clone)]
pub(crate) struct SignedIn {
    anonymous: Anonymous,
    cookie: String,
}

impl SignedIn {
    pub(crate) fn new(anonymous: Anonymous, cookie: String) -> Self {
        Self { anonymous, cookie }
    }

    /// The cookie as it is sent.
    pub(crate) fn cookie(&self) -> &str {
        &self.cookie
    }

    /// Creates a key from that body.
    pub(crate) async fn create(&self, body: Value) -> CreatedApiKey {
        let answer = self.post("/api/v1/api-keys", body).await;
        assert_eq!(answer.status, 201, "{}", answer.text());
        answer.json()
    }

    /// Creates a key of that name.
    pub(crate) async fn create_key(&self, name: &str) -> CreatedApiKey {
        self.create(json!({ "name": name })).await
    }
}

impl Caller for SignedIn {
    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.anonymous.request(method, path).header(COOKIE, &self.cookie)
    }
}

/// Sends an API key.
pub(crate) struct KeyHolder {
    anonymous: Anonymous,
    key: String,
    place: Place,
}

/// Where an API key may stand.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Place {
    Header,
    Bearer,
}

impl Caller for KeyHolder {
    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.anonymous.request(method, path);
        match self.place {
            Place::Header => request.header("x-api-key", &self.key),
            Place::Bearer => request.header(AUTHORIZATION, format!("Bearer {}", self.key)),
        }
    }
}

/// Sends the secret of the voice fleet.
pub(crate) struct VoiceWorker {
    anonymous: Anonymous,
    secret: String,
}

impl Caller for VoiceWorker {
    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.anonymous
            .request(method, path)
            .header("x-fleet-secret", &self.secret)
    }
}

/// A client without a memory: it keeps no cookie and follows no redirect.
pub(crate) fn http_client() -> reqwest::Client {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
    reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .redirect(reqwest::redirect::Policy::none())
        .pool_max_idle_per_host(0)
        .no_proxy()
        .build()
        .unwrap()
}
