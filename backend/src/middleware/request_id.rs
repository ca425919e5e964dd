use std::fmt;

use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use actix_web::{HttpMessage as _, HttpRequest};
use uuid::Uuid;

use crate::clock::Clock;
use crate::random::Random;

/// Id of a request: in its log lines, in `X-Request-Id` and in an error's response.
#[derive(Clone, Copy)]
pub struct RequestId(Uuid);

impl RequestId {
    /// Returns the id of a request that the middleware has begun.
    #[must_use]
    pub fn of(request: &HttpRequest) -> Self {
        let begun = request.extensions().get::<Self>().copied();
        begun.unwrap_or(Self(Uuid::nil()))
    }

    pub(super) fn new(ids: &Random, clock: &dyn Clock) -> Self {
        Self(ids.id(clock.now()))
    }

    pub(super) fn add_to(self, headers: &mut HeaderMap) {
        // Hexadecimal digits always make a header.
        let value = HeaderValue::from_str(self.text(&mut [0; LENGTH]));
        headers.insert(NAME, value.unwrap_or_else(|_| HeaderValue::from_static("none")));
    }

    /// Writes the id in hexadecimal digits.
    pub(super) fn text(self, buffer: &mut [u8; LENGTH]) -> &str {
        self.0.simple().encode_lower(buffer)
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.simple().fmt(f)
    }
}

pub(super) const LENGTH: usize = uuid::fmt::Simple::LENGTH;

const NAME: HeaderName = HeaderName::from_static("x-request-id");
