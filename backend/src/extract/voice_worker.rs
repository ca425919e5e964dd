use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use ori_shared::error_code::ErrorCode;

use super::{ClientAddress, app};
use crate::error::ApiError;

/// A voice worker, which presents the secret that the fleet shares with this server. Compared in constant time.
pub struct VoiceWorker;

impl FromRequest for VoiceWorker {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(authenticate(request))
    }
}

/// A wrong secret counts against its network; a right one is never refused for it.
fn authenticate(request: &HttpRequest) -> Result<VoiceWorker, ApiError> {
    let app = app(request)?;
    let invalid = || ApiError::new(ErrorCode::InvalidFleetSecret);
    let presented = request
        .headers()
        .get(app.fleet.secret_header().as_str())
        .filter(|_| app.fleet.is_configured())
        .ok_or_else(invalid)?;
    if app.fleet.knows_secret(presented.as_bytes()) {
        return Ok(VoiceWorker);
    }
    let client = ClientAddress::of(request, app)?.0;
    app.failed_fleet_secrets
        .charge(client, &(), app.clock.now())
        .map_err(ApiError::too_many)?;
    Err(invalid())
}
