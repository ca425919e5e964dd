//! Effects of an attempt's outcome on the call and on the response.

use ori_fleet::{DialOutcome, NotDialled, Refusal, RefusalReason};
use ori_shared::call::{CallStatus, PlacedCall, PlacedStatus};
use ori_shared::error_code::ErrorCode;
use ori_store::{Answer, IdempotencyUpdate, StoreError};
use uuid::Uuid;

use super::Outcome;
use crate::error::ApiError;

/// Returns the response to a call whose outcome is not known.
#[must_use]
pub fn outcome_unknown(call: Uuid, why: &str) -> ApiError {
    let detail = format!(
        "A voice worker was asked, but its answer was lost ({why}). The call may be under way and is not dialled again: \
         ask for its status by its call_id."
    );
    ApiError::with_detail(ErrorCode::OutcomeUnknown, detail).about_call(call)
}

/// Returns the response if it is not known whether the call was recorded. A call to be dialled at once is then not dialled; a
/// call that waits is dialled if it was recorded.
#[must_use]
pub fn recording_unknown(call: Uuid, cause: StoreError) -> ApiError {
    let detail = "The connection to the database was lost while the call was recorded. If it was recorded, it may be dialled, \
                  once: ask for its status by its call_id.";
    ApiError::with_detail(ErrorCode::OutcomeUnknown, detail)
        .because(cause)
        .about_call(call)
}

/// Returns the response as it is stored for repetitions.
pub(super) fn stored_response(outcome: &Outcome, request_id: &str) -> IdempotencyUpdate {
    let (status, body) = match outcome {
        Ok(placed) => (200, serde_json::to_string(placed)),
        Err(error) => (
            error.code().status(),
            serde_json::to_string(&error.problem(request_id)),
        ),
    };
    body.map_or(IdempotencyUpdate::Open, |body| {
        IdempotencyUpdate::Answered(Answer { status, body })
    })
}

/// Returns the response of the client that placed the call.
pub(super) fn client_response(call: Uuid, dialled: &DialOutcome) -> Outcome {
    match dialled {
        DialOutcome::Accepted { room_name, .. } => Ok(PlacedCall {
            status: PlacedStatus::Ok,
            call_id: call,
            room_name: room_name.clone(),
        }),
        DialOutcome::Refused(refusal) => Err(refused(call, refusal)),
        DialOutcome::NotDialled(why) => Err(outcome_unknown(call, &why.to_string())),
        DialOutcome::Unknown { why } => Err(outcome_unknown(call, why)),
    }
}

/// Returns the status of the call after the attempt, and the reason.
pub(super) fn resulting_status(dialled: &DialOutcome, outcome: &Outcome) -> (CallStatus, Option<String>) {
    match (dialled, outcome) {
        (DialOutcome::Accepted { .. }, _) => (CallStatus::Accepted, None),
        (DialOutcome::Refused(_), Err(error)) => {
            (CallStatus::Refused, Some(error.code().as_str().to_owned()))
        }
        (DialOutcome::Unknown { .. }, _) => (CallStatus::Unknown, Some("answer_lost".to_owned())),
        _ => (CallStatus::Unknown, None),
    }
}

/// The worker's detail may name what is inside the fleet: it is logged, and not passed on to the client.
fn refused(call: Uuid, refusal: &Refusal) -> ApiError {
    let (status, detail) = (refusal.status, refusal.detail.as_deref());
    tracing::info!(call_id = %call, status, detail, "a voice worker refused a call");
    let error = match refusal.reason {
        RefusalReason::BotNotFound => ApiError::new(ErrorCode::BotNotFound),
        RefusalReason::WrongSecret => {
            tracing::error!("a voice worker does not accept ORI_FLEET_SECRET");
            ApiError::with_detail(
                ErrorCode::WorkerError,
                "The voice worker refused this server (status 403).",
            )
        }
        RefusalReason::Other => ApiError::with_detail(
            ErrorCode::WorkerError,
            format!("The voice worker refused the call with status {status}."),
        ),
    };
    error.about_call(call)
}

/// Returns the reason in the status history.
pub(super) fn reason(why: &NotDialled) -> &'static str {
    match why {
        NotDialled::AtCapacity => "at_capacity",
        NotDialled::NotConfigured => "host_not_configured",
        NotDialled::Unreachable { .. } => "host_unreachable",
        NotDialled::Lapsed => "reservation_lapsed",
    }
}
