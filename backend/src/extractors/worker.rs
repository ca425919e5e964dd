use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use ori_shared::error_code::ErrorCode;

use super::state;
use crate::error::ApiError;

/// Authenticates a voice worker by the fleet secret, which is compared in constant time.
pub struct WorkerAuth;

impl FromRequest for WorkerAuth {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(state(request).and_then(|state| {
            let presented = request.headers().get(state.fleet.secret_header().as_str());
            let known = state.fleet.is_configured()
                && presented.is_some_and(|secret| state.fleet.knows_secret(secret.as_bytes()));
            known
                .then_some(Self)
                .ok_or_else(|| ApiError::new(ErrorCode::InvalidFleetSecret))
        }))
    }
}
