//! Sends requests and reads responses.

use std::time::Duration;

use gloo_net::http::{Method, RequestBuilder, Response};
use leptos::prelude::{TimeoutHandle, set_timeout_with_handle};
use ori_shared::session::BACKGROUND_REQUEST;
use serde::Serialize;
use serde::de::DeserializeOwned;
use web_sys::{AbortController, RequestCache};

use super::error::ApiError;
use crate::state::activity;

/// Time limit for a response. Without it, a lost connection would leave a button pending forever.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Sends a `GET` request and parses the response.
pub(super) async fn get<T: DeserializeOwned>(path: &str) -> Result<T, ApiError> {
    exchange(Method::GET, path, None).await?.decode()
}

/// Sends a body and parses the response.
pub(super) async fn send<T: DeserializeOwned>(
    method: Method,
    path: &str,
    body: &impl Serialize,
) -> Result<T, ApiError> {
    // Every body is a plain struct of strings and dates.
    let body = serde_json::to_string(body).map_err(|_| ApiError::Unreachable)?;
    exchange(method, path, Some(body)).await?.decode()
}

/// Sends a request without a body.
pub(super) async fn request(method: Method, path: &str) -> Result<Answer, ApiError> {
    exchange(method, path, None).await
}

/// Successful response.
pub(super) struct Answer {
    status: u16,
    text: String,
}

impl Answer {
    /// Parses the response's JSON.
    pub(super) fn decode<T: DeserializeOwned>(&self) -> Result<T, ApiError> {
        serde_json::from_str(&self.text).map_err(|_| ApiError::Unreadable { status: self.status })
    }
}

async fn exchange(method: Method, path: &str, body: Option<String>) -> Result<Answer, ApiError> {
    let abort = AbortOnDrop::new();
    let signal = abort.as_ref().map(|abort| abort.controller.signal());
    let mut request = RequestBuilder::new(path)
        .method(method)
        .cache(RequestCache::NoStore)
        .abort_signal(signal.as_ref())
        .header("accept", "application/json");
    if !activity::is_active() {
        request = request.header(BACKGROUND_REQUEST, "1");
    }
    let request = match body {
        Some(body) => request.header("content-type", "application/json").body(body),
        None => request.build(),
    };
    let response = send_and_read(request.map_err(|_| ApiError::Unreachable)?).await;
    let (response, text) = response.map_err(|_| ApiError::Unreachable)?;
    let status = response.status();
    if response.ok() {
        return Ok(Answer { status, text });
    }
    let retry_after = response.headers().get("retry-after");
    Err(ApiError::from_answer(status, retry_after.as_deref(), &text))
}

async fn send_and_read(request: gloo_net::http::Request) -> Result<(Response, String), gloo_net::Error> {
    let response = request.send().await?;
    let text = response.text().await?;
    Ok((response, text))
}

/// Aborts its request on drop or after the time limit: leaving a page cancels its requests.
struct AbortOnDrop {
    controller: AbortController,
    timeout: Option<TimeoutHandle>,
}

impl AbortOnDrop {
    fn new() -> Option<Self> {
        let controller = AbortController::new().ok()?;
        let late = controller.clone();
        let timeout = set_timeout_with_handle(move || late.abort(), TIMEOUT).ok();
        Some(Self { controller, timeout })
    }
}

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        if let Some(timeout) = self.timeout {
            timeout.clear();
        }
        // A completely read response is not affected.
        self.controller.abort();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ori_shared::problem::Problem;

    #[test]
    fn an_answer_of_another_shape_is_an_error() {
        let answer = Answer {
            status: 200,
            text: "[]".to_owned(),
        };
        let decoded = answer.decode::<Problem>();
        assert_eq!(decoded, Err(ApiError::Unreadable { status: 200 }));
    }
}
