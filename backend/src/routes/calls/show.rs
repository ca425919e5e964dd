//! `GET /api/v1/calls/{call_id}`

use actix_web::web::{Data, Json};
use ori_shared::call::CallView;
use ori_shared::error_code::ErrorCode;
use ori_shared::problem::Problem;

use crate::app::App;
use crate::error::{ApiError, ApiResult};
use crate::extract::{Caller, Id};

/// Shows one call and the states that it went through.
///
/// # Errors
/// 404 where there is none of that id, and to a key for another key's call.
#[utoipa::path(get, path = "/api/v1/calls/{id}", tag = "crm", operation_id = "showCall",
    summary = "Show a call", description = "Where the call stands, why, and the states that it went through.",
    security(("api_key" = []), ("bearer" = []), ("session" = [])),
    params(("id" = uuid::Uuid, Path, description = "The call's id")),
    responses(
        (status = 200, description = "The call", body = CallView),
        (status = 400, description = "`conflicting_credentials`", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "`invalid_api_key`, `not_signed_in`", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "`api_key_inactive`, `api_key_expired`, `role_too_low`", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "`call_not_found`", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "`too_many_attempts`", body = Problem, content_type = "application/problem+json"),
    ))]
pub async fn show(app: Data<App>, caller: Caller, Id(id): Id) -> ApiResult<Json<CallView>> {
    let none = || ApiError::new(ErrorCode::CallNotFound);
    let record = app.store.call(id.ok_or_else(none)?).await?.ok_or_else(none)?;
    if caller.only_key().is_some_and(|key| key != record.call.key_id) {
        return Err(none());
    }
    Ok(Json(record.into_view()))
}
