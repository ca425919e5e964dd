//! `POST /api/v1/sip/dialout`

use actix_web::http::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use ori_shared::call::{CallStatus, PlaceCall, PlacedCall, PlacedStatus};
use ori_shared::error_code::ErrorCode;
use ori_shared::problem;
use ori_store::{Acceptance, Answer, NewCall, StoreError};
use uuid::Uuid;

use super::validate;
use crate::dispatch::{self, Begun, Call, RETRY_AFTER, Start, outcome_unknown, recording_unknown};
use crate::error::{ApiError, ApiResult};
use crate::extractors::{ApiKeyCredential, Asking, IdempotencyKey, JsonBody};
use crate::middleware::RequestId;
use crate::state::AppState;

/// Places a call: decides and records it in one step, then has it dialled, or lets it wait where that was preferred.
///
/// # Errors
/// Why nothing was dialled, or, as 504, that it is not known.
#[utoipa::path(post, path = "/api/v1/sip/dialout", tag = "crm", operation_id = "placeCall",
    summary = "Place a call",
    description = "The call is recorded durably before a voice worker is asked, and is never dialled twice. With `Idempotency-Key` \
                   (or `call_reference`) the request may be repeated safely: the first answer is given again. The body may have \
                   1 MiB. What the statuses mean for a repetition is told in the [guide](/docs/guide#retry-safely).",
    security(("api_key" = []), ("bearer" = [])),
    params(
        ("Idempotency-Key" = Option<String>, Header, 
            description = "Any text that is unique to this call: 1 to 255 printable ASCII characters, bare or in double quotes, remembered for 24 hours at least. It counts within the API key: with another API key it places another call. With a body that means something else it is refused, and `call_id` names the first call.",
            nullable = false, pattern = r#"^([!#-~]([ -~]{0,253}[!-~])?|"([ !#-\[\]-~]|\\["\\]){1,255}")$"#, example = "case-4711"),
        ("Prefer" = Option<String>, Header, 
            description = "`respond-async` lets the call wait for a voice worker with room (RFC 7240). Other preferences are ignored.",
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
    asking: Asking<(IdempotencyKey, Body)>,
) -> ApiResult<HttpResponse> {
    let order = |(IdempotencyKey(key), JsonBody(sent)): (_, Body)| Ok((key, validate::check(sent)?));
    let (presented, (idempotency_key, order)) = asking.and_then(&state, order).await?;
    let waits = prefers_async(&request);
    let now = state.clock.now();
    let id = state.random.id(now);
    let answer = waits.then(|| queued(id)).transpose()?;
    let begun = if waits { None } else { Begun::at_once(&state, id) };
    let call = NewCall {
        id,
        key: presented.digest,
        claim: validate::claim(idempotency_key, &order, answer.clone()),
        queue_limit: waits.then_some(state.queue.limit),
        attempt: begun.as_ref().map(Begun::recorded),
        order,
        now,
    };
    // Whatever becomes of the request: a client that goes away while its call is being recorded must not leave it for nobody.
    let outcome = if let Some(answer) = answer {
        state
            .tasks
            .run_to_completion(queue(state.clone(), call, answer))
            .await
    } else {
        let dialled = Call {
            id,
            order: call.order.clone(),
            request_id: RequestId::of(&request, &state).to_string(),
            waits_as: CallStatus::Reserved,
            is_claimed: call.claim.is_some(),
        };
        let dialling = state.tasks.spawn(dial(state.clone(), call, dialled, begun));
        dialling
            .await
            .map_err(|_| outcome_unknown(id, "the server failed"))?
    };
    match outcome? {
        Outcome::Dialled(placed) => Ok(HttpResponse::Ok().json(placed)),
        Outcome::Waits(answer) => Ok(wait(id, answer)),
        Outcome::NotRecorded(acceptance) => told(acceptance, &state, &presented).await,
    }
}

/// What became of the wish to place a call.
enum Outcome {
    /// It was recorded, and is dialled.
    Dialled(PlacedCall),
    /// It was recorded, and waits; this is told.
    Waits(Answer),
    /// No new call was recorded.
    NotRecorded(Acceptance),
}

/// Records a call that is to wait.
async fn queue(state: Data<AppState>, call: NewCall, answer: Answer) -> ApiResult<Outcome> {
    // What is in doubt may wait as well.
    let acceptance = admit(&state, call)
        .await
        .inspect_err(|_| state.queue.tell_worker())?;
    if !matches!(acceptance, Acceptance::Recorded { .. }) {
        return Ok(Outcome::NotRecorded(acceptance));
    }
    state.queue.tell_worker();
    Ok(Outcome::Waits(answer))
}

/// Records a call, and has it dialled.
async fn dial(
    state: Data<AppState>,
    call: NewCall,
    dialled: Call,
    begun: Option<Begun>,
) -> ApiResult<Outcome> {
    let acceptance = admit(&state, call).await?;
    if !matches!(acceptance, Acceptance::Recorded { .. }) {
        return Ok(Outcome::NotRecorded(acceptance));
    }
    let start = begun.map_or(Start::Nothing, Start::Begun);
    dispatch::dial(state, dialled, start).await.map(Outcome::Dialled)
}

/// Records the call if it may be placed.
async fn admit(state: &AppState, call: NewCall) -> ApiResult<Acceptance> {
    let id = call.id;
    state.store.accept_call(call).await.map_err(|error| match error {
        StoreError::Indeterminate(_) => recording_unknown(id, error),
        certain => certain.into(),
    })
}

type Body = JsonBody<PlaceCall, LIMIT>;

/// The largest body in bytes (platform, section 2).
const LIMIT: usize = 1024 * 1024;

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

/// What is told of a call that waits.
fn queued(call_id: Uuid) -> ApiResult<Answer> {
    let placed = PlacedCall {
        status: PlacedStatus::Queued,
        call_id,
        room_name: None,
    };
    let body = serde_json::to_string(&placed).map_err(ApiError::internal)?;
    Ok(Answer { status: 202, body })
}

fn wait(call_id: Uuid, answer: Answer) -> HttpResponse {
    HttpResponse::Accepted()
        .content_type("application/json")
        .insert_header(("preference-applied", "respond-async"))
        .insert_header(("location", format!("/api/v1/calls/{call_id}")))
        .body(answer.body)
}

/// The answer where no new call was recorded.
async fn told(
    acceptance: Acceptance,
    state: &AppState,
    presented: &ApiKeyCredential,
) -> ApiResult<HttpResponse> {
    if let Acceptance::UnknownKey | Acceptance::Inactive | Acceptance::Expired = acceptance {
        presented.refused_by_step(state).await?;
    }
    Err(match acceptance {
        Acceptance::Answered(answer) => return Ok(replayed(answer)),
        Acceptance::Settled {
            call_id,
            status: CallStatus::Refused,
        } => ApiError::with_detail(
            ErrorCode::WorkerError,
            "The call was refused; nothing was dialled.",
        )
        .about_call(call_id),
        Acceptance::Settled { call_id, .. } => outcome_unknown(call_id, "the server was restarted"),
        Acceptance::Recorded { .. } => ApiError::internal("a call was recorded that was not"),
        Acceptance::UnknownKey => ApiError::new(ErrorCode::InvalidApiKey),
        Acceptance::Inactive => ApiError::new(ErrorCode::ApiKeyInactive),
        Acceptance::Expired => ApiError::new(ErrorCode::ApiKeyExpired),
        Acceptance::InProgress => ApiError::new(ErrorCode::IdempotencyInProgress),
        Acceptance::Mismatch { call_id } => ApiError::new(ErrorCode::IdempotencyMismatch).about_call(call_id),
        Acceptance::QueueFull => ApiError::new(ErrorCode::QueueFull).retry_after(RETRY_AFTER),
    })
}

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
        Some(placed) => wait(placed.call_id, answer),
        None => HttpResponse::build(status)
            .insert_header((CONTENT_TYPE, content_type))
            .body(answer.body),
    };
    let replayed = HeaderValue::from_static("true");
    let headers = response.headers_mut();
    headers.insert(HeaderName::from_static("idempotent-replayed"), replayed);
    response
}
