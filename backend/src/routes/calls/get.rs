//! `GET /api/v1/calls/{call_id}`

use actix_web::web::{Data, Json};
use ori_shared::call::CallView;
use ori_shared::error_code::ErrorCode;

use crate::endpoint::{Endpoint, endpoint};
use crate::error::{ApiError, ApiResult};
use crate::extractors::{PathId, Principal};
use crate::openapi::samples;
use crate::state::AppState;

/// Describes the endpoint.
pub(crate) fn endpoint() -> Endpoint {
    endpoint!(get)
        .errors(&[ErrorCode::RoleTooLow, ErrorCode::CallNotFound])
        .response(200, "A conversation that ended", samples::call())
}

/// Shows one call and the states that it went through.
///
/// # Errors
/// 404 if there is none of that id, and to a key for another key's call.
#[utoipa::path(get, path = "/api/v1/calls/{id}", tag = "crm", operation_id = "showCall",
    summary = "Show a call", description = "The status of the call, its reason, and the status history.",
    security(("api_key" = []), ("bearer" = []), ("session" = [])),
    params(("id" = uuid::Uuid, Path, description = "The call's id", example = "019ab0f3-2c1e-7d40-9a55-3f1c77e290b4")),
    responses(
        (status = 200, description = "The call", body = CallView),
    ))]
pub async fn get(
    state: Data<AppState>,
    principal: Principal,
    PathId(id): PathId,
) -> ApiResult<Json<CallView>> {
    let none = || ApiError::new(ErrorCode::CallNotFound);
    let record = state.store.call(id.ok_or_else(none)?).await?.ok_or_else(none)?;
    if principal.only_key().is_some_and(|key| key != record.call.key_id) {
        return Err(none());
    }
    Ok(Json(record.into_view()))
}
