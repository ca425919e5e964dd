//! `GET /api/v1/session`

use actix_web::web::{Data, Json};
use ori_shared::session::SessionView;

use crate::endpoint::{Endpoint, endpoint};
use crate::extractors::CurrentUser;
use crate::openapi::samples;
use crate::state::AppState;

/// Describes the endpoint.
pub(crate) fn endpoint() -> Endpoint {
    endpoint!(get).response(200, "An admin", samples::session())
}

/// Returns the account that is signed in.
#[utoipa::path(get, path = "/api/v1/session", tag = "console", operation_id = "showSession",
    summary = "Show the signed-in account", description = "The account of the session cookie.",
    security(("session" = [])),
    responses(
        (status = 200, description = "Signed in", body = SessionView),
    ))]
pub async fn get(state: Data<AppState>, person: CurrentUser) -> Json<SessionView> {
    Json(super::view(&state, person.account))
}
