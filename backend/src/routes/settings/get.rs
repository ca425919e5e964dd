//! `GET /api/v1/settings`

use actix_web::web::Json;
use ori_shared::settings::SettingsView;

use crate::endpoint::{Endpoint, endpoint};
use crate::extractors::CurrentUser;
use crate::openapi::samples;

/// Describes the endpoint.
pub(crate) fn endpoint() -> Endpoint {
    endpoint!(get).response(200, "India", samples::settings())
}

/// Shows what the signed-in person chose, and what there is to choose from.
#[utoipa::path(get, path = "/api/v1/settings", tag = "console", operation_id = "showSettings",
    summary = "Show my settings", description = "The settings of the signed-in person and the available choices.",
    security(("session" = [])),
    responses(
        (status = 200, description = "The settings", body = SettingsView),
    ))]
pub async fn get(person: CurrentUser) -> Json<SettingsView> {
    Json(super::view(person.account.timezone))
}
