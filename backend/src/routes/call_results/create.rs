//! `POST /api/v1/call-results`

use actix_web::web::{Data, Json};
use ori_shared::call::CallReport;
use ori_shared::error_code::ErrorCode;
use ori_shared::fleet::DisconnectedBy;
use ori_store::CallResult;
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use crate::app::App;
use crate::error::{ApiError, ApiResult};
use crate::extract::{JsonBody, VoiceWorker};

/// Takes in what became of a call. Repeating it, in whatever order, does no harm.
///
/// # Errors
/// 403 without the fleet's secret; 404 for a call that is not known here.
#[utoipa::path(post, path = "/api/v1/call-results", tag = "voice worker", operation_id = "reportCall",
    summary = "Report a call", 
    description = "Matched by `connected_event.ori_call_id`, else by the worker's own `call_id`. Repeating a report does no harm, and what it \
                   leaves out stays as it was. The body may have 4 MiB.",
    security(("fleet_secret" = [])),
    request_body = CallReport,
    responses(
        (status = 200, description = "Taken in", body = Taken),
    ))]
pub async fn create(
    app: Data<App>,
    _: VoiceWorker,
    JsonBody(report): JsonBody<CallReport, LIMIT>,
) -> ApiResult<Json<Taken>> {
    let sip_status = report.sip_status.filter(|status| (100..700).contains(status));
    // A worker that tells only how the call failed has told who ended it (platform, section 3).
    let failed_with = sip_status
        .filter(|status| *status >= 400)
        .map(DisconnectedBy::from_sip);
    let disconnected_by = report.disconnected_by.or(failed_with.map(Into::into));
    let is_final = disconnected_by.is_some();
    let result = CallResult {
        call: our_id(report.connected_event.as_ref()),
        worker_call_id: report.call_id,
        session_id: report.session_id,
        stream_id: report.stream_id,
        caller_id: report.caller_id,
        duration_seconds: report.call_duration_seconds.filter(|seconds| *seconds >= 0.0),
        disconnected_by,
        sip_status,
        recording_url: report.recording_url,
        transcript: report.transcript.map(text),
        now: app.clock.now(),
    };
    // A worker that goes away while its report is being taken in must not leave the rest undone.
    app.dials
        .see_through(take_in(app.clone(), result, is_final))
        .await?;
    Ok(Json(Taken { status: "ok" }))
}

async fn take_in(app: Data<App>, result: CallResult, is_final: bool) -> ApiResult<()> {
    let call = app.store.add_call_result(result).await?;
    let call = call.ok_or_else(|| ApiError::new(ErrorCode::CallNotFound))?;
    app.webhooks.told.notify_one();
    if is_final {
        app.fleet.release(call);
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

/// Our id of the call, in an object or in an object's JSON text.
fn our_id(connected_event: Option<&Value>) -> Option<Uuid> {
    let parsed: Value;
    let event = match connected_event? {
        Value::String(text) => {
            parsed = serde_json::from_str(text).ok()?;
            &parsed
        }
        event => event,
    };
    Uuid::try_parse(event.get("ori_call_id")?.as_str()?).ok()
}

fn text(transcript: Value) -> String {
    match transcript {
        Value::String(text) => text,
        other => other.to_string(),
    }
}
