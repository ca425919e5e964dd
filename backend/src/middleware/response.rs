use std::rc::Rc;

use actix_web::body::MessageBody as _;
use actix_web::dev::{Service, ServiceRequest, ServiceResponse};
use actix_web::http::header::{CACHE_CONTROL, CONNECTION, COOKIE, HeaderValue};
use actix_web::{Error, HttpMessage as _, web};
use chrono::{DateTime, Utc};
use ori_shared::error_code::ErrorCode;
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use tracing::{Instrument as _, Level};

use super::request_id::LENGTH;
use super::{RequestId, SecurityHeaders};
use crate::connections::RequestsInProgress;
use crate::error::ApiError;
use crate::random::Random;
use crate::state::AppState;

/// Outermost middleware. Each of the server's threads has one of its own.
pub struct ResponseMiddleware {
    state: web::Data<AppState>,
    headers: SecurityHeaders,
    /// Draws the ids of requests, so that threads do not wait for each other at the source that all share.
    ids: Random,
}

impl ResponseMiddleware {
    /// Adds those headers to each response.
    #[must_use]
    pub fn new(state: web::Data<AppState>, headers: SecurityHeaders) -> Rc<Self> {
        let ids = Random::new(state.random.with(|source| StdRng::from_rng(source)));
        Rc::new(Self { state, headers, ids })
    }

    /// Runs the routes within the span of the request. Converts errors to problems, and adds `X-Request-Id`, the security
    /// headers, and a ban on caching problems and the API's responses. Logs the response at the level `debug`.
    ///
    /// # Errors
    /// Those of the routes.
    pub fn serve<S>(
        self: &Rc<Self>,
        request: ServiceRequest,
        routes: &S,
    ) -> impl Future<Output = Result<ServiceResponse, Error>> + use<S>
    where
        S: Service<ServiceRequest, Response = ServiceResponse, Error = Error>,
    {
        let middleware = self.clone();
        let id = RequestId::new(&self.ids, &*self.state.clock);
        request.extensions_mut().insert(id);
        let method = request.method();
        // A span costs a quarter of what a read costs. A read starts no task, and its only line names the request itself.
        let span = if method.is_safe() {
            tracing::debug_span!("request", request_id = %id, method = method.as_str())
        } else {
            tracing::info_span!("request", request_id = %id, method = method.as_str())
        };
        let in_progress = request
            .conn_data::<RequestsInProgress>()
            .map(RequestsInProgress::begin);
        let started = tracing::enabled!(Level::DEBUG).then(|| middleware.state.clock.now());
        let response = span.in_scope(|| routes.call(request));
        async move {
            let response = middleware.finish(response.await?, id);
            if let Some(started) = started {
                middleware.log(&response, started);
            }
            drop(in_progress);
            Ok(response)
        }
        .instrument(span)
    }

    /// Returns the bytes of the response to what is not a request that a route could serve, after which the connection is
    /// closed. It has the form of any other problem, and is logged.
    pub(crate) fn answer_without_request(&self, error: &ApiError) -> Vec<u8> {
        let id = RequestId::new(&self.ids, &*self.state.clock);
        tracing::info!(request_id = %id, route = "none", code = error.code().as_str(), "request refused");
        let mut answer = error.answer(id.text(&mut [0; LENGTH]));
        let headers = answer.headers_mut();
        id.add_to(headers);
        self.headers.add_to_page(headers);
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(CONNECTION, HeaderValue::from_static("close"));
        let date = self.state.clock.now().format("%a, %d %b %Y %H:%M:%S GMT");
        let status = answer.status();
        let mut bytes = format!("HTTP/1.1 {status}\r\ndate: {date}\r\n").into_bytes();
        for (name, value) in answer.headers() {
            bytes.extend_from_slice(name.as_str().as_bytes());
            bytes.extend_from_slice(b": ");
            bytes.extend_from_slice(value.as_bytes());
            bytes.extend_from_slice(b"\r\n");
        }
        let body = answer.into_body().try_into_bytes().unwrap_or_default();
        bytes.extend_from_slice(format!("content-length: {}\r\n\r\n", body.len()).as_bytes());
        bytes.extend_from_slice(&body);
        bytes
    }

    fn finish(&self, answer: ServiceResponse, id: RequestId) -> ServiceResponse {
        let (mut answer, is_problem) = match as_problem(&answer, id) {
            Some(problem) => (answer.into_response(problem), true),
            None => (answer, false),
        };
        let request = answer.request();
        let is_api = request.path().starts_with("/api/");
        let has_cookie = request.headers().contains_key(COOKIE);
        let headers = answer.headers_mut();
        id.add_to(headers);
        if is_api {
            self.headers.add_to_data(headers, has_cookie);
        } else {
            self.headers.add_to_page(headers);
        }
        if is_api || is_problem {
            headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        }
        answer
    }

    /// Logs the response, by default not: a line for each request would cost more than to serve it. It names the route, not
    /// the requested address, which may contain a secret.
    fn log(&self, response: &ServiceResponse, started: DateTime<Utc>) {
        let route = response.request().match_pattern();
        tracing::debug!(
            route = route.as_deref().unwrap_or("none"),
            status = response.status().as_u16(),
            micros = (self.state.clock.now() - started).num_microseconds(),
            "response sent"
        );
    }
}

fn as_problem(answer: &ServiceResponse, id: RequestId) -> Option<actix_web::HttpResponse> {
    let error = answer.response().error()?;
    let respond = |error: &ApiError| {
        error.log_for(id, answer.request());
        error.answer(id.text(&mut [0; LENGTH]))
    };
    let ours = error.as_error::<ApiError>();
    Some(ours.map_or_else(|| respond(&from_framework_error(error)), respond))
}

/// Returns the error of a request that actix rejected before it called a handler.
fn from_framework_error(error: &Error) -> ApiError {
    match error.as_response_error().status_code().as_u16() {
        404 => ApiError::new(ErrorCode::NotFound),
        405 => ApiError::new(ErrorCode::MethodNotAllowed),
        413 => ApiError::new(ErrorCode::PayloadTooLarge),
        415 => ApiError::new(ErrorCode::UnsupportedMediaType),
        400..500 => ApiError::new(ErrorCode::MalformedQuery),
        _ => ApiError::internal(error.to_string()),
    }
}
