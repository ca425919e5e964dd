//! `PATCH /api/v1/api-keys/{id}`

use actix_web::web::{Data, Json};
use chrono::{DateTime, Utc};
use ori_shared::api_key::{ApiKeyView, PatchApiKey};
use ori_shared::error_code::ErrorCode;
use ori_store::ApiKeyChange;
use serde_json::json;

use super::{checked_expiry, checked_name, no_such_key};
use crate::endpoint::{Endpoint, endpoint};
use crate::error::ApiResult;
use crate::extractors::{JsonBody, PathId, RequireAdmin, Sequential};
use crate::openapi::samples;
use crate::state::AppState;

/// Describes the endpoint.
pub(crate) fn endpoint() -> Endpoint {
    endpoint!(update)
        .errors(&[
            ErrorCode::RoleTooLow,
            ErrorCode::ApiKeyNotFound,
            ErrorCode::ValidationFailed,
        ])
        .invalid(
            ErrorCode::ValidationFailed,
            "/expires_at",
            "Choose a time that is still to come.",
        )
        .invalid(ErrorCode::InvalidBody, "/is_active", "Expected a boolean.")
        .request("Switch off", json!({"is_active": false}))
        .request("A new name, and no expiry", samples::renamed_key())
        .response(200, "A key that works", samples::key())
}

/// Changes a key. Once this has answered, no request that starts later is served by what was before.
///
/// # Errors
/// 404 if there is none of that id; 422 for a name or an expiry that cannot be.
#[utoipa::path(patch, path = "/api/v1/api-keys/{id}", tag = "console", operation_id = "changeApiKey",
    summary = "Change an API key",
    description = "Absent fields do not change. The change is effective for every request that starts after the response.",
    security(("session" = [])),
    params(("id" = Uuid, Path, description = "The key's id", example = "019ab0e1-88a2-7c13-b0de-4a6102f75c39")),
    request_body = PatchApiKey,
    responses(
        (status = 200, description = "The key as it is now", body = ApiKeyView),
    ))]
pub async fn update(
    state: Data<AppState>,
    Sequential(operator, (PathId(id), JsonBody(patch))): Sequential<
        RequireAdmin,
        (PathId, JsonBody<PatchApiKey>),
    >,
) -> ApiResult<Json<ApiKeyView>> {
    let id = id.ok_or_else(no_such_key)?;
    let now = state.clock.now();
    let change = checked(&patch, now)?;
    let (shared, by) = (state.clone(), operator.account.id);
    let changing = async move {
        let key = shared.store.change_api_key(id, change, now).await?;
        let key = key.ok_or_else(no_such_key)?;
        tracing::info!(key_id = %id, %by, is_active = key.is_active, "changed an API key");
        Ok(key)
    };
    let key = state.tasks.run_to_completion(changing).await?;
    Ok(Json(key.into_view(state.clock.now())))
}

fn checked(patch: &PatchApiKey, now: DateTime<Utc>) -> ApiResult<ApiKeyChange> {
    Ok(ApiKeyChange {
        name: patch.name.as_deref().map(checked_name).transpose()?,
        is_active: patch.is_active,
        expires_at: match patch.expires_at.into_change() {
            Some(Some(instant)) => Some(Some(checked_expiry(instant, now)?)),
            unchanged_or_none => unchanged_or_none,
        },
    })
}
