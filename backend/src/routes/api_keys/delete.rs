//! `DELETE /api/v1/api-keys/{id}`

use actix_web::HttpResponse;
use actix_web::web::Data;
use ori_shared::error_code::ErrorCode;

use super::no_such_key;
use crate::endpoint::{Endpoint, endpoint};
use crate::error::ApiResult;
use crate::extractors::{PathId, RequireAdmin};
use crate::state::AppState;

/// Describes the endpoint.
pub(crate) fn endpoint() -> Endpoint {
    endpoint!(delete).errors(&[ErrorCode::RoleTooLow, ErrorCode::ApiKeyNotFound])
}

/// Removes a key for good. Once this has answered, the key is unknown.
///
/// # Errors
/// 404 if there is none of that id.
#[utoipa::path(delete, path = "/api/v1/api-keys/{id}", tag = "console", operation_id = "deleteApiKey",
    summary = "Delete an API key",
    description = "Permanent, and effective for every request that starts after the response.",
    security(("session" = [])),
    params(("id" = Uuid, Path, description = "The key's id", example = "019ab0e1-88a2-7c13-b0de-4a6102f75c39")),
    responses(
        (status = 204, description = "Deleted"),
    ))]
pub async fn delete(
    state: Data<AppState>,
    operator: RequireAdmin,
    PathId(id): PathId,
) -> ApiResult<HttpResponse> {
    let id = id.ok_or_else(no_such_key)?;
    let (shared, by) = (state.clone(), operator.account.id);
    let deleting = async move {
        if !shared.store.delete_api_key(id).await? {
            return Err(no_such_key());
        }
        shared.webhooks.ended.notify_one();
        tracing::info!(key_id = %id, %by, "deleted an API key");
        Ok(())
    };
    state.tasks.run_to_completion(deleting).await?;
    Ok(HttpResponse::NoContent().finish())
}
