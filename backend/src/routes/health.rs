//! Whether the server is alive, and whether it can serve.

use actix_web::{HttpResponse, web};
use ori_shared::error_code::ErrorCode;

use crate::endpoint::{Endpoint, endpoint};
use crate::error::{ApiError, ApiResult};
use crate::state::AppState;

/// Describes the endpoints.
pub(crate) fn endpoints() -> [Endpoint; 2] {
    [endpoint!(alive), endpoint!(ready).errors(&[ErrorCode::NotReady])]
}

/// The process answers.
#[utoipa::path(get, path = "/healthz", tag = "operations", operation_id = "isAlive", summary = "Alive", description = "The process answers.",
    responses((status = 200, description = "Alive", body = String, content_type = "text/plain", example = "ok")))]
pub async fn alive() -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/plain; charset=utf-8")
        .body("ok\n")
}

/// The database answers, and every background worker is running.
///
/// # Errors
/// 503 otherwise.
#[utoipa::path(get, path = "/readyz", tag = "operations", operation_id = "isReady", summary = "Ready", description = "The database answers, and every background worker is running.",
    responses(
        (status = 200, description = "Ready", body = String, content_type = "text/plain", example = "ok"),
    ))]
pub async fn ready(state: web::Data<AppState>) -> ApiResult<HttpResponse> {
    state.store.ping().await?;
    if !state.worker_health.is_complete() {
        return Err(ApiError::new(ErrorCode::NotReady));
    }
    Ok(alive().await)
}
