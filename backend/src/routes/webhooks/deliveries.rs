//! `GET /api/v1/webhook-deliveries`

use actix_web::web::{Data, Json};
use ori_shared::error_code::ErrorCode;
use ori_shared::webhook::{DeliveryStatus, WebhookDeliveryPage};

use crate::endpoint::{Endpoint, endpoint};
use crate::error::ApiResult;
use crate::extractors::{DeliveriesQuery, RequireAdmin, Sequential};
use crate::openapi::samples;
use crate::state::AppState;

/// Describes the endpoint.
pub(crate) fn endpoint() -> Endpoint {
    endpoint!(deliveries).errors(&[ErrorCode::RoleTooLow]).response(
        200,
        "The last page",
        samples::deliveries(),
    )
}

/// Lists the events that are, or were, on their way to webhooks.
///
/// # Errors
/// 400 for a query that cannot be read.
#[utoipa::path(get, path = "/api/v1/webhook-deliveries", tag = "console", operation_id = "listWebhookDeliveries",
    summary = "List deliveries of events",
    description = "Newest first. Deliveries are deleted 30 days after they succeeded or failed.",
    security(("session" = [])),
    params(
        ("limit" = Option<u32>, Query, description = "Maximum number of deliveries; 100 by default", nullable = false, example = 100, minimum = 1, maximum = 1000),
        ("cursor" = Option<uuid::Uuid>, Query, description = "`next_cursor` of the previous page", nullable = false, example = "019ab0f4-51d7-7b80-8e21-6c0b93ad4f17"),
        ("key_id" = Option<uuid::Uuid>, Query, description = "Only deliveries of this key's calls", nullable = false, example = "019ab0e1-88a2-7c13-b0de-4a6102f75c39"),
        ("call_id" = Option<uuid::Uuid>, Query, description = "Only deliveries of this call", nullable = false, example = "019ab0f3-2c1e-7d40-9a55-3f1c77e290b4"),
        ("status" = Option<DeliveryStatus>, Query, description = "Only deliveries with this status"),
    ),
    responses(
        (status = 200, description = "A page of deliveries", body = WebhookDeliveryPage),
    ))]
pub async fn deliveries(
    state: Data<AppState>,
    Sequential(_operator, DeliveriesQuery(query)): Sequential<RequireAdmin, DeliveriesQuery>,
) -> ApiResult<Json<WebhookDeliveryPage>> {
    let server_time = state.clock.now();
    let (items, more) = state.store.list_deliveries(query).await?;
    Ok(Json(WebhookDeliveryPage {
        next_cursor: items.last().map(|delivery| delivery.id).filter(|_| more),
        items,
        server_time,
    }))
}
