//! HTTP client of a signed-in admin.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use reqwest::header::{COOKIE, SET_COOKIE};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use crate::load_generator;
use crate::process::{EMAIL, PASSWORD, Program};

/// Client with a session.
#[derive(Clone)]
pub(crate) struct AdminClient {
    http: reqwest::Client,
    url: String,
    cookie: String,
}

impl AdminClient {
    pub(crate) async fn sign_in(server: &Program) -> Result<Self> {
        let http = load_generator::client()?;
        let signed_in = http
            .post(format!("{}/api/v1/session", server.url))
            .json(&json!({"email": EMAIL, "password": PASSWORD}))
            .send()
            .await?
            .error_for_status()?;
        let cookie = signed_in
            .headers()
            .get(SET_COOKIE)
            .context("signing in sets a cookie")?;
        let cookie = cookie.to_str()?.split(';').next().unwrap_or_default().to_owned();
        Ok(Self {
            http,
            url: server.url.clone(),
            cookie,
        })
    }

    /// Creates a key and returns the response body.
    pub(crate) async fn create_key(&self, name: &str) -> Result<Value> {
        let create = self.request(Method::POST, "/api/v1/api-keys");
        self.send(create.json(&json!({ "name": name }))).await
    }

    /// Switches the key on or off.
    pub(crate) async fn switch(&self, id: &str, is_active: bool) -> Result<()> {
        let change = self.request(Method::PATCH, &format!("/api/v1/api-keys/{id}"));
        self.send(change.json(&json!({ "is_active": is_active })))
            .await
            .map(drop)
    }

    /// Sets the webhook of a key.
    pub(crate) async fn set_webhook(&self, id: &str, url: &str) -> Result<()> {
        let set = self.request(Method::PUT, &format!("/api/v1/api-keys/{id}/webhook"));
        self.send(set.json(&json!({ "url": url }))).await.map(drop)
    }

    pub(crate) async fn delete_key(&self, id: &str) -> Result<()> {
        let delete = self.request(Method::DELETE, &format!("/api/v1/api-keys/{id}"));
        delete.send().await?.error_for_status()?;
        Ok(())
    }

    pub(crate) async fn get(&self, path: &str) -> Result<Value> {
        self.send(self.request(Method::GET, path)).await
    }

    /// Returns the shortest of five response times, which excludes other load on the machine.
    pub(crate) async fn time(&self, path: &str) -> Result<Duration> {
        let mut best = Duration::MAX;
        for _ in 0..5 {
            let began = Instant::now();
            let answer = self.request(Method::GET, path).send().await?.error_for_status()?;
            answer.bytes().await?;
            best = best.min(began.elapsed());
        }
        Ok(best)
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http
            .request(method, format!("{}{path}", self.url))
            .header(COOKIE, &self.cookie)
    }

    async fn send(&self, request: RequestBuilder) -> Result<Value> {
        Ok(request.send().await?.error_for_status()?.json().await?)
    }
}
