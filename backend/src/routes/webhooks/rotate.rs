//! `POST /api/v1/api-keys/{id}/webhook/secret`

use actix_web::web::{Data, Json};
use chrono::TimeDelta;
use ori_shared::error_code::ErrorCode;
use ori_shared::webhook::RotatedSecret;

use super::{new_secret, no_webhook};
use crate::endpoint::{Endpoint, endpoint};
use crate::error::ApiResult;
use crate::extractors::{PathId, RequireAdmin};
use crate::openapi::samples;
use crate::state::AppState;

/// Describes the endpoint.
pub(crate) fn endpoint() -> Endpoint {
    endpoint!(rotate)
        .errors(&[ErrorCode::RoleTooLow, ErrorCode::WebhookNotFound])
        .response(200, "Rotated", samples::rotated_secret())
}

/// Gives a webhook another secret. This answer is the only one that ever holds it.
///
/// # Errors
/// 404 if the key has no webhook, or there is no such key.
#[utoipa::path(post, path = "/api/v1/api-keys/{id}/webhook/secret", tag = "console", operation_id = "rotateWebhookSecret",
    summary = "Rotate a webhook's secret",
    description = "The answer holds the new secret, this once. For 24 hours events carry two signatures, by the new secret and by \
                   the one before, so that the receiver can change over without losing any.",
    security(("session" = [])),
    params(("id" = Uuid, Path, description = "The key's id", example = "019ab0e1-88a2-7c13-b0de-4a6102f75c39")),
    responses(
        (status = 200, description = "Rotated", body = RotatedSecret),
    ))]
pub async fn rotate(
    state: Data<AppState>,
    operator: RequireAdmin,
    PathId(id): PathId,
) -> ApiResult<Json<RotatedSecret>> {
    let key = id.ok_or_else(no_webhook)?;
    let secret = new_secret(&state);
    let previous_until = state.clock.now() + OVERLAP;
    let (shared, by, new) = (state.clone(), operator.account.id, secret.clone());
    let rotating = async move {
        if !shared
            .store
            .rotate_webhook_secret(key, new, previous_until)
            .await?
        {
            return Err(no_webhook());
        }
        tracing::info!(key_id = %key, %by, "rotated the secret of a webhook");
        Ok(())
    };
    state.tasks.run_to_completion(rotating).await?;
    Ok(Json(RotatedSecret {
        secret: secret.expose().to_string(),
    }))
}

/// Time during which the previous secret also signs.
const OVERLAP: TimeDelta = TimeDelta::hours(24);
