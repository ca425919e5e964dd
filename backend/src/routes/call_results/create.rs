//! `POST /api/v1/call-results`

use actix_web::web::{Data, Json};
use ori_shared::call::CallReport;
use ori_shared::error_code::ErrorCode;
use ori_store::CallResult;
use serde::Serialize;

use super::report;
use crate::endpoint::{Endpoint, endpoint};
use crate::error::{ApiError, ApiResult};
use crate::extractors::{JsonBytes, WorkerAuth, no_object};
use crate::openapi::samples;
use crate::state::AppState;

/// Describes the endpoint.
pub(crate) fn endpoint() -> Endpoint {
    endpoint!(create)
        .errors(&[ErrorCode::CallNotFound])
        .request("A conversation", samples::report())
        .response(200, "Taken in", Taken { status: "ok" })
}

/// Stores the report of a call. Reports may be repeated, in any order.
///
/// # Errors
/// 403 without the fleet's secret; 404 for a call that is not known here.
#[utoipa::path(post, path = "/api/v1/call-results", tag = "voice worker", operation_id = "reportCall",
    summary = "Report a call", 
    description = "Matched by `connected_event.ori_call_id`, else by the worker's own `call_id`. Repeating a report does no harm, and what it \
                   leaves out stays as it was. A report is read leniently: a field that cannot be understood, such as `NaN` or a list in \
                   place of a text, is dropped and logged by its name, and the rest counts; a text with lone surrogates keeps the rest of \
                   it; numbers may be sent as text. The body may have 4 MiB.",
    security(("fleet_secret" = [])),
    request_body = CallReport,
    responses(
        (status = 200, description = "Taken in", body = Taken),
    ))]
pub async fn create(
    state: Data<AppState>,
    _: WorkerAuth,
    JsonBytes(body): JsonBytes<LIMIT>,
) -> ApiResult<Json<Taken>> {
    let result = CallResult {
        now: state.clock.now(),
        ..report::read(&body).map_err(|error| no_object(&error))?
    };
    let is_final = result.disconnected_by.is_some();
    state
        .tasks
        .run_to_completion(take_in(state.clone(), result, is_final))
        .await?;
    Ok(Json(Taken { status: "ok" }))
}

async fn take_in(state: Data<AppState>, result: CallResult, is_final: bool) -> ApiResult<()> {
    let call = state.store.add_call_result(result).await?;
    let call = call.ok_or_else(|| ApiError::new(ErrorCode::CallNotFound))?;
    state.webhooks.told.notify_one();
    if is_final {
        state.fleet.release(call);
    }
    Ok(())
}

/// The answer to a report.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Taken {
    /// Always `ok`.
    #[schema(pattern = "^ok$")]
    status: &'static str,
}

/// The largest report in bytes: a transcript may be long.
const LIMIT: usize = 4 * 1024 * 1024;
