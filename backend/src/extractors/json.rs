use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use actix_web::web::Bytes;
use actix_web::{FromRequest, HttpRequest, web};
use ori_shared::error_code::ErrorCode;
use ori_shared::problem::FieldError;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::error::Category;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::state;
use crate::connections::Timeouts;
use crate::error::ApiError;

/// A body that is declared as JSON, is JSON, is not too large, and fits `T`. Whoever takes it learns what is wrong
/// and where; the values themselves are never repeated, since some are secret.
///
/// `LIMIT` is the largest body in bytes, 64 KiB by default.
pub struct JsonBody<T, const LIMIT: usize = 65_536>(pub T);

/// The bytes of a body that is declared as JSON and is not too large, for a handler that reads them by rules of its own.
pub struct JsonBytes<const LIMIT: usize>(pub Bytes);

impl<const LIMIT: usize> FromRequest for JsonBytes<LIMIT> {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, ApiError>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let is_json = is_json(request);
        let is_encoded = is_encoded(request);
        let body = web::Payload::from_request(request, payload).into_inner();
        let limits = state(request).map(|state| (state.timeouts, state.stopping.clone()));
        Box::pin(async move {
            if !is_json {
                return Err(ApiError::new(ErrorCode::UnsupportedMediaType));
            }
            if is_encoded {
                return Err(ApiError::new(ErrorCode::UnsupportedEncoding));
            }
            let body = body.map_err(|error| ApiError::internal(error.to_string()))?;
            let (timeouts, stopping) = limits?;
            let body = tokio::select! {
                biased;
                body = body.to_bytes_limited(LIMIT) => body,
                () = time_is_up(timeouts, stopping) => return Err(ApiError::new(ErrorCode::RequestTimeout)),
            };
            let body = body.map_err(|_| too_large(LIMIT))?;
            let body =
                body.map_err(|_| ApiError::with_detail(ErrorCode::MalformedJson, "The body broke off."))?;
            Ok(Self(without_byte_order_mark(body)))
        })
    }
}

impl<T: DeserializeOwned + 'static, const LIMIT: usize> FromRequest for JsonBody<T, LIMIT> {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, ApiError>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let body = JsonBytes::<LIMIT>::from_request(request, payload);
        Box::pin(async move { parse(&body.await?.0).map(Self) })
    }
}

/// Strips a byte order mark, which RFC 8259 (section 8.1) lets a reader ignore.
fn without_byte_order_mark(body: Bytes) -> Bytes {
    if body.starts_with(b"\xef\xbb\xbf") {
        body.slice(3..)
    } else {
        body
    }
}

/// Waits until a body has taken too long. A server that stops waits less long.
async fn time_is_up(timeouts: Timeouts, stopping: CancellationToken) {
    let stopped = async {
        stopping.cancelled().await;
        sleep(timeouts.body_while_stopping).await;
    };
    tokio::select! {
        () = sleep(timeouts.body) => {}
        () = stopped => {}
    }
}

fn is_json(request: &HttpRequest) -> bool {
    let declared = request
        .headers()
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    declared
        .split(';')
        .next()
        .is_some_and(|essence| essence.trim().eq_ignore_ascii_case("application/json"))
}

/// Whether the body has a content coding. `identity` is none.
fn is_encoded(request: &HttpRequest) -> bool {
    request
        .headers()
        .get_all(CONTENT_ENCODING)
        .any(|value| !matches!(value.as_bytes(), b"" | b"identity"))
}

fn too_large(limit: usize) -> ApiError {
    ApiError::with_detail(
        ErrorCode::PayloadTooLarge,
        format!("Send at most {} KiB.", limit / 1024),
    )
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, ApiError> {
    check_is_object(body)?;
    // Tracking the place costs as much again, so only an invalid body is parsed with it.
    serde_json::from_slice(body).or_else(|_| parse_with_places(body))
}

fn parse_with_places<T: DeserializeOwned>(body: &[u8]) -> Result<T, ApiError> {
    let mut reader = serde_json::Deserializer::from_slice(body);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let pointer = pointer(error.path());
        refusal(&error.into_inner(), pointer)
    })?;
    reader.end().map_err(|error| refusal(&error, String::new()))?;
    Ok(value)
}

/// Serde would read an array as the fields in their order.
fn check_is_object(body: &[u8]) -> Result<(), ApiError> {
    if body.trim_ascii_start().first() == Some(&b'{') {
        return Ok(());
    }
    serde_json::from_slice::<IgnoredAny>(body).map_err(|error| refusal(&error, String::new()))?;
    Err(not_an_object())
}

fn not_an_object() -> ApiError {
    ApiError::with_detail(ErrorCode::InvalidBody, "Send a JSON object.")
}

/// The problem with a body that should be a JSON object, for a handler that reads its fields by rules of its own.
pub(crate) fn no_object(error: &serde_json::Error) -> ApiError {
    match error.classify() {
        Category::Data => not_an_object(),
        _ => refusal(error, String::new()),
    }
}

fn refusal(error: &serde_json::Error, pointer: String) -> ApiError {
    if error.classify() != Category::Data {
        let place = format!(
            "Reading stopped at line {}, column {}.",
            error.line(),
            error.column()
        );
        return ApiError::with_detail(
            ErrorCode::MalformedJson,
            format!("The body is not well-formed JSON. {place}"),
        );
    }
    let (pointer, detail) = describe(&error.to_string(), pointer);
    ApiError::fields(ErrorCode::InvalidBody, vec![FieldError { pointer, detail }])
}

/// Puts serde's message into words for people, without the value that it repeats.
fn describe(message: &str, pointer: String) -> (String, String) {
    let message = message
        .rsplit_once(" at line ")
        .map_or(message, |(message, _)| message);
    let quoted = || message.split('`').nth(1).unwrap_or_default();
    if message.starts_with("unknown field") {
        (pointer, format!("Unknown field `{}`.", quoted()))
    } else if message.starts_with("missing field") {
        (
            format!("{pointer}/{}", quoted()),
            format!("The field `{}` is missing.", quoted()),
        )
    } else if message.starts_with("duplicate field") {
        (pointer, format!("The field `{}` stands there twice.", quoted()))
    } else if let Some((_, expected)) = message.rsplit_once(", expected ") {
        (pointer, format!("Expected {expected}."))
    } else {
        (
            pointer,
            "The value does not have the form that is expected here.".to_owned(),
        )
    }
}

/// The place as a JSON pointer (RFC 6901).
fn pointer(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    path.iter()
        .map(|segment| match segment {
            Segment::Seq { index } => format!("/{index}"),
            Segment::Map { key } => format!("/{}", key.replace('~', "~0").replace('/', "~1")),
            Segment::Enum { .. } | Segment::Unknown => String::new(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use actix_web::body::to_bytes;
    use ori_shared::api_key::{CreateApiKey, PatchApiKey};
    use ori_shared::problem::Problem;

    use super::*;

    async fn refused<T: DeserializeOwned>(body: &str) -> Problem {
        let Err(error) = parse::<T>(body.as_bytes()) else {
            panic!("{body} was accepted")
        };
        let body = to_bytes(error.answer("r").into_body()).await.ok().unwrap();
        serde_json::from_slice(&body).unwrap()
    }

    #[actix_web::test]
    async fn what_does_not_fit_is_named_with_its_place() {
        for (body, pointer, detail) in [
            (r#"{"name":"a","colour":1}"#, "/colour", "Unknown field `colour`."),
            (r#"{"expires_on":null}"#, "/name", "The field `name` is missing."),
            (
                r#"{"name":"a","name":"b"}"#,
                "",
                "The field `name` stands there twice.",
            ),
            (r#"{"name":7}"#, "/name", "Expected a string."),
            (
                r#"{"name":"a","expires_on":"soon"}"#,
                "/expires_on",
                "The value does not have the form that is expected here.",
            ),
        ] {
            let problem = refused::<CreateApiKey>(body).await;
            assert_eq!(problem.code, ErrorCode::InvalidBody, "{body}");
            assert_eq!(
                (
                    problem.errors[0].pointer.as_str(),
                    problem.errors[0].detail.as_str()
                ),
                (pointer, detail),
                "{body}"
            );
        }
    }

    #[actix_web::test]
    async fn what_is_no_json_is_told_with_the_place_where_reading_stopped() {
        for body in ["", "{", "{\"name\":\"a\"} x", "\u{0}", "{\"name\" \"a\"}"] {
            let problem = refused::<PatchApiKey>(body).await;
            assert_eq!(problem.code, ErrorCode::MalformedJson, "{body:?}");
            assert!(problem.detail.contains("line 1, column"), "{body:?}");
        }
    }

    #[actix_web::test]
    async fn a_refused_value_is_not_repeated() {
        let problem = refused::<PatchApiKey>(r#"{"is_active":"ori_secret"}"#).await;
        assert_eq!(problem.detail, "Expected a boolean.");
        let sly = refused::<PatchApiKey>(r#"{"is_active":"x, expected ori_secret"}"#).await;
        assert_eq!(sly.detail, "Expected a boolean.");
    }
}
