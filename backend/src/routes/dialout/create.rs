//! `POST /api/v1/sip/dialout`: parse, admit, dispatch, respond.

use actix_web::http::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use ori_shared::call::{CallStatus, PlaceCall, PlacedCall, PlacedStatus};
use ori_shared::error_code::ErrorCode;
use ori_shared::problem;
use ori_store::{Admission, Answer, CallOrder, NewCall, Rejection, StoreError};
use uuid::Uuid;

use super::validate;
use crate::dispatch::{
    self, DISPATCH_WITHIN, PendingCall, RETRY_AFTER, Start, StartedAttempt, outcome_unknown,
    recording_unknown,
};
use crate::endpoint::{Endpoint, endpoint};
use crate::error::{ApiError, ApiResult};
use crate::extractors::{ApiKeyCredential, IdempotencyKey, JsonBody, Sequential};
use crate::middleware::RequestId;
use crate::openapi::OLDER_PATH;
use crate::openapi::headers::{LOCATION, PREFERENCE_APPLIED, REPLAYED};
use crate::openapi::samples;
use crate::state::AppState;

/// Describes the endpoint.
pub(crate) fn endpoint() -> Endpoint {
    endpoint!(create)
        .also_at(OLDER_PATH)
        .errors(&[
            ErrorCode::BotNotFound,
            ErrorCode::IdempotencyInProgress,
            ErrorCode::ValidationFailed,
            ErrorCode::IdempotencyMismatch,
            ErrorCode::WorkerError,
            ErrorCode::NoCapacity,
            ErrorCode::QueueFull,
            ErrorCode::OutcomeUnknown,
        ])
        .invalid(
            ErrorCode::ValidationFailed,
            "/to_number",
            "Give the number with its country code, such as +919876543210.",
        )
        .invalid(
            ErrorCode::InvalidBody,
            "/bot_id",
            "The field `bot_id` is missing.",
        )
        .request("The least", samples::least_call())
        .request("With variables and a name of your own", samples::full_call())
        .response(200, "A voice worker dials", samples::placed(PlacedStatus::Ok))
        .response(202, "The call waits", samples::placed(PlacedStatus::Queued))
        .header(200, REPLAYED)
        .header(202, REPLAYED)
        .header(202, LOCATION)
        .header(202, PREFERENCE_APPLIED)
        .header(404, REPLAYED)
        .header(502, REPLAYED)
        .header(504, REPLAYED)
        .link(200, "$response.body#/call_id", &["showCall"])
        .link(202, "$response.body#/call_id", &["showCall"])
}

/// Places a call: admits and records it in one step, then dispatches it, or leaves it in the queue if the client prefers
/// that.
///
/// # Errors
/// Returns the reason why the call was not dialled, or 504 if its outcome is unknown.
#[utoipa::path(post, path = "/api/v1/sip/dialout", tag = "crm", operation_id = "placeCall",
    summary = "Place a call",
    description = "The call is recorded durably before a voice worker is asked, and is never dialled twice. With `Idempotency-Key` \
                   (or `call_reference`) the request may be repeated safely: the first answer is given again. The body may have \
                   1 MiB. What the statuses mean for a repetition is told in the [guide](/docs/guide#retry-safely).",
    security(("api_key" = []), ("bearer" = [])),
    params(
        ("Idempotency-Key" = Option<String>, Header, 
            description = "Any text that is unique to this call: 1 to 255 printable ASCII characters, bare or in double quotes, remembered for 24 hours at least. It counts within the API key: with another API key it places another call. With a body that means something else it is refused, and `call_id` names the first call.",
            nullable = false, pattern = r#"^([!#-~]([ -~]{0,253}[!-~])?|" {0,254}([!#-\[\]-~]|\\["\\])([ !#-\[\]-~]|\\["\\]){0,254}")$"#, example = "case-4711"),
        ("Prefer" = Option<String>, Header, 
            description = "`respond-async` queues the call if no voice worker has capacity (RFC 7240). Other preferences are ignored.",
            nullable = false, example = "respond-async"),
    ),
    request_body = PlaceCall,
    responses(
        (status = 200, description = "A voice worker dials", body = PlacedCall),
        (status = 202, description = "The call waits for a voice worker", body = PlacedCall),
    ))]
pub async fn create(
    request: HttpRequest,
    state: Data<AppState>,
    Sequential(caller, parts): Sequential<ApiKeyCredential, Parts>,
) -> ApiResult<HttpResponse> {
    // Parse
    let (idempotency_key, order) = match parse(parts) {
        Ok(parsed) => parsed,
        Err(error) => return Err(caller.precedence_over(error, &state).await),
    };
    let now = state.clock.now();
    let id = state.random.id(now);
    let queued = prefers_async(&request).then(|| queued_response(id)).transpose()?;
    let call = NewCall {
        id,
        key: caller.digest,
        claim: validate::claim(idempotency_key, &order, queued.clone()),
        queue_limit: queued.is_some().then_some(state.queue.limit),
        order,
        now,
    };
    // Admit and dispatch. Both finish even if the client disconnects: a recorded call must not be left without a task.
    let outcome = match queued {
        Some(response) => {
            state
                .tasks
                .run_to_completion(enqueue(state.clone(), call, response))
                .await
        }
        None => {
            let request_id = RequestId::of(&request).to_string();
            let task = state
                .tasks
                .spawn(admit_and_dispatch(state.clone(), call, request_id));
            task.await.map_err(|_| outcome_unknown(id, "the server failed"))?
        }
    };
    // Respond
    match outcome? {
        Outcome::Accepted(placed) => Ok(HttpResponse::Ok().json(placed)),
        Outcome::Queued(response) => Ok(accepted_for_later(id, response)),
        Outcome::Rejected { key_id, reason } => reject(&state, &caller, key_id, reason).await,
    }
}

/// Headers and body of the request, each parsed or not.
type Parts = (Result<IdempotencyKey, ApiError>, Result<Body, ApiError>);
type Body = JsonBody<PlaceCall, LIMIT>;

/// The largest body in bytes (platform, section 2).
const LIMIT: usize = 1024 * 1024;

/// Returns the idempotency key and the order of a valid request.
fn parse((idempotency_key, body): Parts) -> ApiResult<(Option<String>, CallOrder)> {
    let IdempotencyKey(key) = idempotency_key?;
    let JsonBody(sent) = body?;
    Ok((key, validate::check(sent)?))
}

/// `Prefer: respond-async` (RFC 7240, section 4.1).
fn prefers_async(request: &HttpRequest) -> bool {
    let preferences = request
        .headers()
        .get_all("prefer")
        .filter_map(|value| value.to_str().ok());
    preferences
        .flat_map(|value| value.split(','))
        .any(|one| one.trim().eq_ignore_ascii_case("respond-async"))
}

/// Outcome of a dialout.
enum Outcome {
    /// The call was recorded, and a host accepted it.
    Accepted(PlacedCall),
    /// The call was recorded, and is in the queue. This is the response.
    Queued(Answer),
    /// No call was recorded.
    Rejected { key_id: Option<Uuid>, reason: Rejection },
}

/// Records a call in the queue.
async fn enqueue(state: Data<AppState>, call: NewCall, response: Answer) -> ApiResult<Outcome> {
    let admission = admit(&state, call, None).await;
    // A call of which it is not known whether it was recorded may be in the queue as well.
    if !matches!(admission, Ok(Admission::Rejected { .. })) {
        state.queue.notify_worker();
    }
    match admission? {
        Admission::Recorded { .. } => Ok(Outcome::Queued(response)),
        Admission::Rejected { key_id, reason } => Ok(Outcome::Rejected { key_id, reason }),
    }
}

/// Records a call, and dispatches it.
async fn admit_and_dispatch(state: Data<AppState>, call: NewCall, request_id: String) -> ApiResult<Outcome> {
    let pending = PendingCall {
        id: call.id,
        order: call.order.clone(),
        request_id,
        dispatch_by: Some(state.clock.monotonic() + DISPATCH_WITHIN),
        initial_status: CallStatus::Reserved,
        has_idempotency_record: call.claim.is_some(),
    };
    let attempt = StartedAttempt::before_admission(&state, call.id);
    match admit(&state, call, attempt.as_ref()).await? {
        Admission::Recorded { .. } => {
            let start = attempt.map_or(Start::None, Start::Attempt);
            dispatch::run(state, pending, start).await.map(Outcome::Accepted)
        }
        Admission::Rejected { key_id, reason } => Ok(Outcome::Rejected { key_id, reason }),
    }
}

/// Authorizes the key and records the call, or rejects it.
async fn admit(state: &AppState, call: NewCall, attempt: Option<&StartedAttempt>) -> ApiResult<Admission> {
    let (id, key) = (call.id, call.key);
    let admission = match attempt {
        Some(attempt) => attempt.admit(call).await,
        None => state.store.admit_call(call).await,
    };
    match admission {
        Ok(admission) => {
            if let Admission::Recorded { .. } = admission {
                state.recently_valid_keys.insert(key);
            }
            Ok(admission)
        }
        Err(error @ StoreError::Indeterminate(_)) => Err(recording_unknown(id, error)),
        Err(error) => Err(error.into()),
    }
}

/// Returns the response to a call in the queue.
fn queued_response(call_id: Uuid) -> ApiResult<Answer> {
    let placed = PlacedCall {
        status: PlacedStatus::Queued,
        call_id,
        room_name: None,
    };
    let body = serde_json::to_string(&placed).map_err(ApiError::internal)?;
    Ok(Answer { status: 202, body })
}

/// Returns the response to a dialout that recorded no call.
async fn reject(
    state: &AppState,
    caller: &ApiKeyCredential,
    key_id: Option<Uuid>,
    reason: Rejection,
) -> ApiResult<HttpResponse> {
    Err(match reason {
        Rejection::UnknownKey => caller.reject_unknown(state),
        Rejection::KeyInactive => {
            caller
                .reject_known(state, key_id, ErrorCode::ApiKeyInactive)
                .await
        }
        Rejection::KeyExpired => caller.reject_known(state, key_id, ErrorCode::ApiKeyExpired).await,
        Rejection::Replay(answer) => return Ok(replayed(answer)),
        Rejection::InProgress => ApiError::new(ErrorCode::IdempotencyInProgress),
        Rejection::Unanswered {
            call_id,
            status: CallStatus::Refused,
        } => ApiError::with_detail(
            ErrorCode::WorkerError,
            "The call was refused; nothing was dialled.",
        )
        .about_call(call_id),
        Rejection::Unanswered { call_id, .. } => outcome_unknown(call_id, "the server was restarted"),
        Rejection::Mismatch { call_id } => ApiError::new(ErrorCode::IdempotencyMismatch).about_call(call_id),
        Rejection::QueueFull => ApiError::new(ErrorCode::QueueFull).retry_after(RETRY_AFTER),
    })
}

/// Returns the stored response to a repeated request.
fn replayed(answer: Answer) -> HttpResponse {
    let status = actix_web::http::StatusCode::from_u16(answer.status).unwrap_or_default();
    let content_type = if status.is_success() {
        "application/json"
    } else {
        problem::CONTENT_TYPE
    };
    let waits = (answer.status == 202)
        .then(|| serde_json::from_str::<PlacedCall>(&answer.body))
        .and_then(Result::ok);
    let mut response = match waits {
        Some(placed) => accepted_for_later(placed.call_id, answer),
        None => HttpResponse::build(status)
            .insert_header((CONTENT_TYPE, content_type))
            .body(answer.body),
    };
    let replayed = HeaderValue::from_static("true");
    let headers = response.headers_mut();
    headers.insert(HeaderName::from_static("idempotent-replayed"), replayed);
    response
}

/// Sends the response to a call in the queue.
fn accepted_for_later(call_id: Uuid, answer: Answer) -> HttpResponse {
    HttpResponse::Accepted()
        .content_type("application/json")
        .insert_header(("preference-applied", "respond-async"))
        .insert_header(("location", format!("/api/v1/calls/{call_id}")))
        .body(answer.body)
}
