//! `POST /api/v1/webhook-deliveries/{id}/replay`

use actix_web::HttpResponse;
use actix_web::web::Data;
use ori_shared::error_code::ErrorCode;
use ori_shared::webhook::WebhookDelivery;
use ori_store::Replay;

use crate::endpoint::{Endpoint, endpoint};
use crate::error::{ApiError, ApiResult};
use crate::extractors::{PathId, RequireAdmin};
use crate::openapi::samples;
use crate::state::AppState;

/// Describes the endpoint.
pub(crate) fn endpoint() -> Endpoint {
    endpoint!(replay)
        .errors(&[
            ErrorCode::RoleTooLow,
            ErrorCode::WebhookDeliveryNotFound,
            ErrorCode::WebhookInactive,
        ])
        .response(202, "Scheduled for now", samples::delivery())
}

/// Has an event sent again, whatever became of it.
///
/// # Errors
/// 404 if there is no such delivery; 409 if its key has no webhook that works.
#[utoipa::path(post, path = "/api/v1/webhook-deliveries/{id}/replay", tag = "console", operation_id = "replayWebhookDelivery",
    summary = "Replay a delivery",
    description = "The event is sent again now, with all attempts before it. Its `webhook-id` and its body are the same, so that \
                   receivers can tell a repetition; timestamp and signature are fresh.",
    security(("session" = [])),
    params(("id" = Uuid, Path, description = "The delivery's id", example = "019ab0f4-51d7-7b80-8e21-6c0b93ad4f17")),
    responses(
        (status = 202, description = "Scheduled for now", body = WebhookDelivery),
    ))]
pub async fn replay(
    state: Data<AppState>,
    operator: RequireAdmin,
    PathId(id): PathId,
) -> ApiResult<HttpResponse> {
    let unknown = || ApiError::new(ErrorCode::WebhookDeliveryNotFound);
    let id = id.ok_or_else(unknown)?;
    let (shared, by, now) = (state.clone(), operator.account.id, state.clock.now());
    let replaying = async move {
        let replay = shared.store.replay_delivery(id, now).await?;
        if let Replay::Due(_) = replay {
            tracing::info!(delivery = %id, %by, "replayed an event");
            shared.webhooks.told.notify_one();
        }
        Ok(replay)
    };
    match state.tasks.run_to_completion(replaying).await? {
        Replay::Due(delivery) => Ok(HttpResponse::Accepted().json(delivery)),
        Replay::Unknown => Err(unknown()),
        Replay::NoWebhook => Err(ApiError::new(ErrorCode::WebhookInactive)),
    }
}
