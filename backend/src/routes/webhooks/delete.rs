//! `DELETE /api/v1/api-keys/{id}/webhook`

use actix_web::HttpResponse;
use actix_web::web::Data;
use ori_shared::error_code::ErrorCode;

use super::no_webhook;
use crate::endpoint::{Endpoint, endpoint};
use crate::error::ApiResult;
use crate::extractors::{PathId, RequireAdmin};
use crate::state::AppState;

/// Describes the endpoint.
pub(crate) fn endpoint() -> Endpoint {
    endpoint!(delete).errors(&[ErrorCode::RoleTooLow, ErrorCode::WebhookNotFound])
}

/// Removes a key's webhook.
///
/// # Errors
/// 404 if the key has none, or there is no such key.
#[utoipa::path(delete, path = "/api/v1/api-keys/{id}/webhook", tag = "console", operation_id = "removeWebhook",
    summary = "Remove a key's webhook",
    description = "No more events go there. What was not delivered yet is marked as failed within moments, with `webhook_removed`; \
                   what is still pending when a webhook is set again goes there.",
    security(("session" = [])),
    params(("id" = Uuid, Path, description = "The key's id", example = "019ab0e1-88a2-7c13-b0de-4a6102f75c39")),
    responses(
        (status = 204, description = "Removed"),
    ))]
pub async fn delete(
    state: Data<AppState>,
    operator: RequireAdmin,
    PathId(id): PathId,
) -> ApiResult<HttpResponse> {
    let key = id.ok_or_else(no_webhook)?;
    let (shared, by) = (state.clone(), operator.account.id);
    let removing = async move {
        if !shared.store.remove_webhook(key).await? {
            return Err(no_webhook());
        }
        shared.webhooks.ended.notify_one();
        tracing::info!(key_id = %key, %by, "removed the webhook of an API key");
        Ok(())
    };
    state.tasks.run_to_completion(removing).await?;
    Ok(HttpResponse::NoContent().finish())
}
