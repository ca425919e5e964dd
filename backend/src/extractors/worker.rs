use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use ori_shared::error_code::ErrorCode;

use super::{ClientIp, state};
use crate::error::ApiError;

/// Authenticates a voice worker by the fleet secret, which is compared in constant time.
pub struct WorkerAuth;

impl FromRequest for WorkerAuth {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(authenticate(request))
    }
}

/// A wrong secret counts against its network; a right one is never refused for it.
fn authenticate(request: &HttpRequest) -> Result<WorkerAuth, ApiError> {
    let state = state(request)?;
    let invalid = || ApiError::new(ErrorCode::InvalidFleetSecret);
    let presented = request
        .headers()
        .get(state.fleet.secret_header().as_str())
        .filter(|_| state.fleet.is_configured())
        .ok_or_else(invalid)?;
    if state.fleet.knows_secret(presented.as_bytes()) {
        return Ok(WorkerAuth);
    }
    let client = ClientIp::of(request, state)?.0;
    state
        .failed_fleet_secrets
        .check(client, &(), state.clock.now())
        .map_err(ApiError::too_many)?;
    Err(invalid())
}
