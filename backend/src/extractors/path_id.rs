use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use uuid::Uuid;

use crate::error::ApiError;

/// The `{id}` of the path; `None` if it is not a UUID, so that nothing can have that id.
pub struct PathId(pub Option<Uuid>);

impl FromRequest for PathId {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self(
            request
                .match_info()
                .get("id")
                .and_then(|id| Uuid::try_parse(id).ok()),
        )))
    }
}
