use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use ori_shared::error_code::ErrorCode;

use super::app;
use crate::error::ApiError;

/// A voice worker asks: it knows the secret that the fleet and we share. Compared in constant time.
pub struct VoiceWorker;

impl FromRequest for VoiceWorker {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(app(request).and_then(|app| {
            let presented = request.headers().get(app.fleet.secret_header().as_str());
            let known = app.fleet.is_configured()
                && presented.is_some_and(|secret| app.fleet.knows_secret(secret.as_bytes()));
            known
                .then_some(Self)
                .ok_or_else(|| ApiError::new(ErrorCode::InvalidFleetSecret))
        }))
    }
}
