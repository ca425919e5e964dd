use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage as _, web};
use ori_shared::error_code::ErrorCode;
use tracing::Instrument as _;

use crate::app::App;
use crate::error::ApiError;

/// Gives the request an id, which stands in its log lines, in `X-Request-Id` and in an error's answer; turns errors
/// into problems; writes one line when it is done.
///
/// The line names the route, not the address: what a client puts into an address may be a secret.
///
/// # Errors
/// Never of its own.
pub async fn observe(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let (id, started) = {
        let app = request
            .app_data::<web::Data<App>>()
            .ok_or_else(|| ApiError::internal("no application data"))?;
        let now = app.clock.now();
        (app.random.id(now).simple().to_string(), now)
    };
    request.extensions_mut().insert(RequestId(id.clone()));
    let span = tracing::info_span!("request", id = %id, method = %request.method());
    async {
        let answer = next.call(request).await?.map_into_boxed_body();
        let mut answer = as_problem(answer, &id);
        if let Ok(value) = HeaderValue::from_str(&id) {
            answer.headers_mut().insert(REQUEST_ID, value);
        }
        log(&answer, started);
        Ok(answer)
    }
    .instrument(span)
    .await
}

/// The request's id, for handlers that keep an answer.
#[derive(Clone)]
pub struct RequestId(pub String);

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

fn as_problem(answer: ServiceResponse, id: &str) -> ServiceResponse {
    let Some(error) = answer.response().error() else {
        return answer;
    };
    let problem = match error.as_error::<ApiError>() {
        Some(error) => {
            error.log();
            error.answer(id)
        }
        None => {
            let error = foreign(error);
            error.log();
            error.answer(id)
        }
    };
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

fn log(answer: &ServiceResponse, started: chrono::DateTime<chrono::Utc>) {
    let now = answer
        .request()
        .app_data::<web::Data<App>>()
        .map_or(started, |app| app.clock.now());
    let route = answer
        .request()
        .match_pattern()
        .unwrap_or_else(|| "none".to_owned());
    let status = answer.status().as_u16();
    let micros = (now - started).num_microseconds().unwrap_or_default();
    if matches!(route.as_str(), "/healthz" | "/readyz") && status < 400 {
        tracing::debug!(route, status, micros, "answered");
    } else {
        tracing::info!(route, status, micros, "answered");
    }
}
