//! `PATCH /api/v1/settings`

use actix_web::web::{Data, Json};
use chrono_tz::Tz;
use ori_shared::error_code::ErrorCode;
use ori_shared::problem::Problem;
use ori_shared::settings::{PatchSettings, SettingsView};

use crate::app::App;
use crate::error::{ApiError, ApiResult};
use crate::extract::{JsonBody, SignedIn, Then};

/// Keeps what the signed-in person chose; what is left out stays.
///
/// # Errors
/// 422 for a timezone that IANA does not know.
#[utoipa::path(patch, path = "/api/v1/settings", tag = "console", operation_id = "changeSettings",
    summary = "Change my settings", description = "Each section saves on its own: what is left out stays.",
    security(("session" = [])),
    request_body = PatchSettings,
    responses(
        (status = 200, description = "The settings as they are now", body = SettingsView),
        (status = 400, description = "`malformed_json`", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "`not_signed_in`", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "`cross_site_request`", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "`payload_too_large`", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "`unsupported_media_type`", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "`invalid_body`, `validation_failed`", body = Problem, content_type = "application/problem+json"),
    ))]
pub async fn change(
    app: Data<App>,
    Then(person, JsonBody(patch)): Then<SignedIn, JsonBody<PatchSettings>>,
) -> ApiResult<Json<SettingsView>> {
    let account = person.account;
    let Some(name) = patch.timezone else {
        return Ok(Json(super::view(account.timezone)));
    };
    let zone: Tz = name
        .parse()
        .map_err(|_| ApiError::field("/timezone", "Choose a timezone from the list."))?;
    if !app
        .store
        .set_timezone(account.id, zone.name(), app.clock.now())
        .await?
    {
        return Err(ApiError::new(ErrorCode::NotSignedIn));
    }
    Ok(Json(super::view(Some(zone.name().to_owned()))))
}
