//! `GET /api/v1/api-keys/{id}`

use actix_web::web::{Data, Json};
use ori_shared::api_key::ApiKeyView;
use ori_shared::error_code::ErrorCode;

use super::no_such_key;
use crate::endpoint::{Endpoint, endpoint};
use crate::error::ApiResult;
use crate::extractors::{PathId, RequireAdmin};
use crate::openapi::samples;
use crate::state::AppState;

/// Describes the endpoint.
pub(crate) fn endpoint() -> Endpoint {
    endpoint!(get)
        .errors(&[ErrorCode::RoleTooLow, ErrorCode::ApiKeyNotFound])
        .response(200, "A key that works", samples::key())
}

/// Shows one key.
///
/// # Errors
/// 404 if there is none of that id.
#[utoipa::path(get, path = "/api/v1/api-keys/{id}", tag = "console", operation_id = "showApiKey",
    summary = "Show an API key", description = "The entry of the key in the list, without the key itself.",
    security(("session" = [])),
    params(("id" = Uuid, Path, description = "The key's id", example = "019ab0e1-88a2-7c13-b0de-4a6102f75c39")),
    responses(
        (status = 200, description = "The key", body = ApiKeyView),
    ))]
pub async fn get(state: Data<AppState>, _: RequireAdmin, PathId(id): PathId) -> ApiResult<Json<ApiKeyView>> {
    let key = state
        .store
        .api_key(id.ok_or_else(no_such_key)?)
        .await?
        .ok_or_else(no_such_key)?;
    Ok(Json(key.into_view(state.clock.now())))
}
