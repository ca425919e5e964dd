use std::rc::Rc;

use actix_web::body::MessageBody as _;
use actix_web::dev::{Service, ServiceRequest, ServiceResponse};
use actix_web::http::header::{CACHE_CONTROL, CONNECTION, COOKIE, HeaderValue};
use actix_web::{Error, web};
use chrono::{DateTime, Utc};
use ori_shared::error_code::ErrorCode;
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use tracing::Level;

use super::request_id::LENGTH;
use super::{RequestId, SecurityHeaders};
use crate::connections::RequestsInProgress;
use crate::error::ApiError;
use crate::random::Random;
use crate::state::AppState;

/// What is done around every route. Each of the server's threads has one of its own.
pub struct ResponseMiddleware {
    state: web::Data<AppState>,
    headers: SecurityHeaders,
    /// Draws the requests' ids, so that the threads need not wait for each other at the one that all share.
    ids: Random,
}

impl ResponseMiddleware {
    /// With those headers in each answer.
    #[must_use]
    pub fn new(state: web::Data<AppState>, headers: SecurityHeaders) -> Rc<Self> {
        let ids = Random::new(state.random.with(|source| StdRng::from_rng(source)));
        Rc::new(Self { state, headers, ids })
    }

    /// Has the routes answer. Turns errors into problems; gives the request an id, which stands in `X-Request-Id`, in
    /// an error's answer and in the log line of that error; adds the security headers, and keeps problems and the API's
    /// answers out of every cache; at the level `debug` writes a line when it is done.
    ///
    /// # Errors
    /// Never of its own.
    pub fn serve<S>(
        self: &Rc<Self>,
        request: ServiceRequest,
        routes: &S,
    ) -> impl Future<Output = Result<ServiceResponse, Error>> + use<S>
    where
        S: Service<ServiceRequest, Response = ServiceResponse, Error = Error>,
    {
        let around = self.clone();
        let in_progress = request
            .conn_data::<RequestsInProgress>()
            .map(RequestsInProgress::begin);
        let started = tracing::enabled!(Level::DEBUG).then(|| around.state.clock.now());
        let answer = routes.call(request);
        async move {
            let answer = around.finish(answer.await?);
            if let Some(started) = started {
                around.log(&answer, started);
            }
            drop(in_progress);
            Ok(answer)
        }
    }

    /// The bytes of the answer to what is no request that a route could serve, after which the connection is closed. It
    /// has the form of any other problem, and is logged.
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

    fn finish(&self, answer: ServiceResponse) -> ServiceResponse {
        let id = RequestId::of_answered(answer.request(), &self.ids, &*self.state.clock);
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

    /// In passing: a line for each request would cost more than to serve it. It names the route, not the address: what
    /// a client puts into an address may be a secret.
    fn log(&self, answer: &ServiceResponse, started: DateTime<Utc>) {
        let route = answer.request().match_pattern();
        tracing::debug!(
            id = RequestId::in_headers(answer.headers()),
            method = %answer.request().method(),
            route = route.as_deref().unwrap_or("none"),
            status = answer.status().as_u16(),
            micros = (self.state.clock.now() - started).num_microseconds(),
            "answered"
        );
    }
}

fn as_problem(answer: &ServiceResponse, id: RequestId) -> Option<actix_web::HttpResponse> {
    let error = answer.response().error()?;
    let told = |error: &ApiError| {
        error.log_for(id, answer.request());
        error.answer(id.text(&mut [0; LENGTH]))
    };
    let ours = error.as_error::<ApiError>();
    Some(ours.map_or_else(|| told(&from_framework_error(error)), told))
}

/// What actix refused before a handler of ours was asked.
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
