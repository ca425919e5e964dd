//! `PATCH /api/v1/settings`

use actix_web::web::{Data, Json};
use chrono_tz::Tz;
use ori_shared::error_code::ErrorCode;
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
