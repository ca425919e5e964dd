//! One exchange with the server.

use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{RequestCache, RequestInit, Response};

use super::abort::AbortOnDrop;
use super::error::ApiError;
use super::json::{Json, Read, Write};

/// Reads something.
///
/// # Errors
/// Whatever stood in the way.
pub async fn get<T: Read>(path: &str) -> Result<T, ApiError> {
    exchange("GET", path, None).await?.decode()
}

/// Sends a body and reads the answer.
///
/// # Errors
/// Whatever stood in the way.
pub async fn send<T: Read>(method: &str, path: &str, body: &impl Write) -> Result<T, ApiError> {
    exchange(method, path, Some(body.write().to_text()))
        .await?
        .decode()
}

/// Asks for something to be done that needs no words.
///
/// # Errors
/// Whatever stood in the way.
pub async fn post(path: &str) -> Result<Answer, ApiError> {
    exchange("POST", path, None).await
}

/// Deletes something.
///
/// # Errors
/// Whatever stood in the way.
pub async fn delete(path: &str) -> Result<(), ApiError> {
    exchange("DELETE", path, None).await.map(drop)
}

/// A text as it may stand in a path or a query.
#[must_use]
pub fn encode(text: &str) -> String {
    js_sys::encode_uri_component(text).into()
}

/// An answer that is no refusal.
pub struct Answer {
    status: u16,
    text: String,
}

impl Answer {
    /// What it says.
    ///
    /// # Errors
    /// Where it does not say that.
    pub fn decode<T: Read>(&self) -> Result<T, ApiError> {
        read_text(&self.text).ok_or(ApiError::Unreadable { status: self.status })
    }
}

/// Not generic, so that it is in the page once.
async fn exchange(method: &str, path: &str, body: Option<String>) -> Result<Answer, ApiError> {
    let abort = AbortOnDrop::new();
    let init = request(method, body.as_deref(), abort.as_ref()).map_err(|_| ApiError::Unreachable)?;
    let answer = web_sys::window()
        .ok_or(ApiError::Unreachable)?
        .fetch_with_str_and_init(path, &init);
    let response: Response = JsFuture::from(answer)
        .await
        .map_err(|_| ApiError::Unreachable)?
        .unchecked_into();
    let status = response.status();
    let retry_after = response.headers().get("retry-after").ok().flatten();
    let text = text_of(&response).await.ok_or(ApiError::Unreachable)?;
    if response.ok() {
        return Ok(Answer { status, text });
    }
    Err(refusal(status, retry_after.as_deref(), &text))
}

fn request(method: &str, body: Option<&str>, abort: Option<&AbortOnDrop>) -> Result<RequestInit, JsValue> {
    let init = RequestInit::new();
    init.set_method(method);
    init.set_cache(RequestCache::NoStore);
    if let Some(abort) = abort {
        init.set_signal(Some(&abort.signal()));
    }
    let headers = web_sys::Headers::new()?;
    headers.set("accept", "application/json")?;
    if let Some(body) = body {
        headers.set("content-type", "application/json")?;
        init.set_body(&JsValue::from_str(body));
    }
    init.set_headers(&headers);
    Ok(init)
}

async fn text_of(response: &Response) -> Option<String> {
    let text = response.text().ok()?;
    JsFuture::from(text).await.ok()?.as_string()
}

fn read_text<T: Read>(text: &str) -> Option<T> {
    T::read(&Json::parse(text)?)
}

fn refusal(status: u16, retry_after: Option<&str>, text: &str) -> ApiError {
    match read_text(text) {
        Some(problem) => ApiError::Refused {
            problem: Box::new(problem),
            retry_after: retry_after.and_then(|seconds| seconds.trim().parse().ok()),
        },
        None => ApiError::Unreadable { status },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ori_shared::error_code::ErrorCode;
    use ori_shared::problem::Problem;

    const TOO_MANY: &str = r#"{"type":"/problems/too_many_attempts","title":"Too many attempts","status":429,
        "code":"too_many_attempts","detail":"Wait.","request_id":"r1"}"#;

    #[test]
    fn a_problem_keeps_its_code_and_how_long_to_wait() {
        let error = refusal(429, Some("30"), TOO_MANY);
        assert_eq!(error.code(), Some(ErrorCode::TooManyAttempts));
        assert!(error.sentence().contains("30 seconds"));
    }

    #[test]
    fn what_is_not_a_problem_is_told_by_its_status() {
        assert_eq!(refusal(502, None, "<html>"), ApiError::Unreadable { status: 502 });
    }

    #[test]
    fn an_answer_of_another_shape_is_unreadable_rather_than_a_crash() {
        let answer = Answer {
            status: 200,
            text: "[]".to_owned(),
        };
        assert_eq!(
            answer.decode::<Problem>(),
            Err(ApiError::Unreadable { status: 200 })
        );
    }
}
