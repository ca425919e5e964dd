use std::fmt;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage as _, web};
use chrono::TimeDelta;
use ori_shared::error_code::ErrorCode;
use uuid::Uuid;

use crate::app::App;
use crate::error::ApiError;

/// Gives the request an id, which stands in `X-Request-Id`, in an error's answer and in the log line of that error; turns
/// errors into problems; at the level `debug` writes a line when it is done.
///
/// The line names the route, not the address: what a client puts into an address may be a secret.
///
/// # Errors
/// Never of its own.
pub async fn observe(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let app = request
        .app_data::<web::Data<App>>()
        .ok_or_else(|| ApiError::internal("no application data"))?
        .clone();
    let started = app.clock.now();
    let id = RequestId(app.random.id(started));
    request.extensions_mut().insert(id);
    let answer = next.call(request).await?.map_into_boxed_body();
    let mut answer = as_problem(answer, id);
    answer.headers_mut().insert(REQUEST_ID, id.header());
    log(&answer, id, || app.clock.now() - started);
    Ok(answer)
}

/// The request's id, for handlers that keep an answer.
#[derive(Clone, Copy)]
pub struct RequestId(Uuid);

impl RequestId {
    fn header(self) -> HeaderValue {
        let mut text = Uuid::encode_buffer();
        let text = self.0.simple().encode_lower(&mut text);
        // Hexadecimal digits always make a header.
        HeaderValue::from_str(text).unwrap_or_else(|_| HeaderValue::from_static("none"))
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.simple().fmt(f)
    }
}

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

fn as_problem(answer: ServiceResponse, id: RequestId) -> ServiceResponse {
    let Some(error) = answer.response().error() else {
        return answer;
    };
    let told = |error: &ApiError| {
        error.log_for(id, answer.request());
        error.answer(&id.to_string())
    };
    let problem = error
        .as_error::<ApiError>()
        .map_or_else(|| told(&foreign(error)), told);
    answer.into_response(problem)
}

/// What actix refused before a handler of ours was asked.
fn foreign(error: &Error) -> ApiError {
    match error.as_response_error().status_code().as_u16() {
        404 => ApiError::new(ErrorCode::NotFound),
        405 => ApiError::new(ErrorCode::MethodNotAllowed),
        413 => ApiError::new(ErrorCode::PayloadTooLarge),
        415 => ApiError::new(ErrorCode::UnsupportedMediaType),
        400..500 => ApiError::new(ErrorCode::MalformedQuery),
        _ => ApiError::internal(error.to_string()),
    }
}

/// In passing: a line for each request would cost more than to serve it.
fn log(answer: &ServiceResponse, id: RequestId, took: impl FnOnce() -> TimeDelta) {
    if tracing::enabled!(tracing::Level::DEBUG) {
        let route = answer.request().match_pattern();
        tracing::debug!(
            %id,
            method = %answer.request().method(),
            route = route.as_deref().unwrap_or("none"),
            status = answer.status().as_u16(),
            micros = took().num_microseconds(),
            "answered"
        );
    }
}
