//! `GET /api/v1/api-keys/{id}/webhook`

use actix_web::web::{Data, Json};
use ori_shared::error_code::ErrorCode;
use ori_shared::webhook::WebhookView;
use ori_store::Webhook;

use super::no_webhook;
use crate::endpoint::{Endpoint, endpoint};
use crate::error::ApiResult;
use crate::extractors::{PathId, RequireAdmin};
use crate::openapi::samples;
use crate::state::AppState;

/// Describes the endpoint.
pub(crate) fn endpoint() -> Endpoint {
    endpoint!(get)
        .errors(&[ErrorCode::RoleTooLow, ErrorCode::WebhookNotFound])
        .response(200, "A webhook that works", samples::webhook())
}

/// Shows a key's webhook.
///
/// # Errors
/// 404 if the key has none, or there is no such key.
#[utoipa::path(get, path = "/api/v1/api-keys/{id}/webhook", tag = "console", operation_id = "showWebhook",
    summary = "Show a key's webhook", description = "The webhook of the key, without its signing secret.",
    security(("session" = [])),
    params(("id" = Uuid, Path, description = "The key's id", example = "019ab0e1-88a2-7c13-b0de-4a6102f75c39")),
    responses(
        (status = 200, description = "The webhook", body = WebhookView),
    ))]
pub async fn get(state: Data<AppState>, _: RequireAdmin, PathId(id): PathId) -> ApiResult<Json<WebhookView>> {
    let webhook = state.store.webhook(id.ok_or_else(no_webhook)?).await?;
    webhook.map(Webhook::into_view).map(Json).ok_or_else(no_webhook)
}
