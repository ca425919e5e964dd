//! `PATCH /api/v1/settings`

use actix_web::web::{Data, Json};
use chrono_tz::Tz;
use ori_shared::error_code::ErrorCode;
use ori_shared::settings::{PatchSettings, SettingsView};

use crate::endpoint::{Endpoint, endpoint};
use crate::error::{ApiError, ApiResult};
use crate::extractors::{CurrentUser, JsonBody, Sequential};
use crate::openapi::samples;
use crate::state::AppState;

/// Describes the endpoint.
pub(crate) fn endpoint() -> Endpoint {
    endpoint!(update)
        .errors(&[ErrorCode::ValidationFailed])
        .invalid(
            ErrorCode::ValidationFailed,
            "/timezone",
            "Choose a timezone from the list.",
        )
        .invalid(ErrorCode::InvalidBody, "/timezone", "Expected a string.")
        .request("Choose a timezone", samples::choose_timezone())
        .response(200, "India", samples::settings())
}

/// Keeps what the signed-in person chose; what is left out stays.
///
/// # Errors
/// 422 for a timezone that IANA does not know.
#[utoipa::path(patch, path = "/api/v1/settings", tag = "console", operation_id = "changeSettings",
    summary = "Change my settings", description = "Absent fields do not change.",
    security(("session" = [])),
    request_body = PatchSettings,
    responses(
        (status = 200, description = "The settings as they are now", body = SettingsView),
    ))]
pub async fn update(
    state: Data<AppState>,
    Sequential(person, JsonBody(patch)): Sequential<CurrentUser, JsonBody<PatchSettings>>,
) -> ApiResult<Json<SettingsView>> {
    let account = person.account;
    let Some(name) = patch.timezone else {
        return Ok(Json(super::view(account.timezone)));
    };
    let zone: Tz = name
        .parse()
        .map_err(|_| ApiError::field("/timezone", "Choose a timezone from the list."))?;
    let (shared, now) = (state.clone(), state.clock.now());
    let change = async move {
        if !shared.store.set_timezone(account.id, zone.name(), now).await? {
            return Err(ApiError::new(ErrorCode::NotSignedIn));
        }
        Ok(())
    };
    state.tasks.run_to_completion(change).await?;
    Ok(Json(super::view(Some(zone.name().to_owned()))))
}
