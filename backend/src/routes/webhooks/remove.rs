//! `DELETE /api/v1/api-keys/{id}/webhook`

use actix_web::HttpResponse;
use actix_web::web::Data;
use ori_shared::problem::Problem;

use super::no_webhook;
use crate::app::App;
use crate::error::ApiResult;
use crate::extract::{Id, Operator};

/// Removes a key's webhook.
///
/// # Errors
/// 404 where the key has none, or there is no such key.
#[utoipa::path(delete, path = "/api/v1/api-keys/{id}/webhook", tag = "console", operation_id = "removeWebhook",
    summary = "Remove a key's webhook",
    description = "No more events go there. What was not delivered yet is marked as failed, with `webhook_removed`.",
    security(("session" = [])),
    params(("id" = Uuid, Path, description = "The key's id")),
    responses(
        (status = 204, description = "Removed"),
        (status = 401, description = "`not_signed_in`", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "`role_too_low`, `cross_site_request`", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "`webhook_not_found`", body = Problem, content_type = "application/problem+json"),
    ))]
pub async fn remove(app: Data<App>, operator: Operator, Id(id): Id) -> ApiResult<HttpResponse> {
    let key = id.ok_or_else(no_webhook)?;
    if !app.store.remove_webhook(key).await? {
        return Err(no_webhook());
    }
    tracing::info!(key_id = %key, by = %operator.account.id, "removed the webhook of an API key");
    Ok(HttpResponse::NoContent().finish())
}
