use std::fmt;

use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use actix_web::{HttpMessage as _, HttpRequest};
use uuid::Uuid;

use crate::clock::Clock;
use crate::random::Random;
use crate::state::AppState;

/// The id by which a request is told apart in the log. It is drawn when it is first asked for, which for most requests
/// is when they are answered.
#[derive(Clone, Copy)]
pub struct RequestId(Uuid);

impl RequestId {
    /// For a handler that keeps an answer: the answer's header will tell the same.
    #[must_use]
    pub fn of(request: &HttpRequest, state: &AppState) -> Self {
        let id = Self::of_answered(request, &state.random, &*state.clock);
        request.extensions_mut().insert(id);
        id
    }

    /// For what no route serves.
    pub(super) fn new(ids: &Random, clock: &dyn Clock) -> Self {
        Self(ids.id(clock.now()))
    }

    /// For whoever is the last to ask.
    pub(super) fn of_answered(request: &HttpRequest, ids: &Random, clock: &dyn Clock) -> Self {
        let drawn = request.extensions().get::<Self>().copied();
        drawn.unwrap_or_else(|| Self::new(ids, clock))
    }

    pub(super) fn add_to(self, headers: &mut HeaderMap) {
        // Hexadecimal digits always make a header.
        let value = HeaderValue::from_str(self.text(&mut [0; LENGTH]));
        headers.insert(NAME, value.unwrap_or_else(|_| HeaderValue::from_static("none")));
    }

    /// As it is told, in hexadecimal digits.
    pub(super) fn text(self, buffer: &mut [u8; LENGTH]) -> &str {
        self.0.simple().encode_lower(buffer)
    }

    pub(super) fn in_headers(headers: &HeaderMap) -> Option<&str> {
        headers.get(NAME)?.to_str().ok()
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.simple().fmt(f)
    }
}

pub(super) const LENGTH: usize = uuid::fmt::Simple::LENGTH;

const NAME: HeaderName = HeaderName::from_static("x-request-id");
