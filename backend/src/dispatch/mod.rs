//! Having a recorded call dialled, by one host after another where that is certain to be safe.
//!
//! No transaction is open while a host is asked. Before it is asked, it stands on the disk that it may have been;
//! afterwards a host that certainly did not dial lets the next be asked, and any doubt ends the attempt for good.
//! What cannot be written down at once, because the database is out, is written down as soon as it is back.

mod attempt;

use actix_web::web::Data;
use chrono::TimeDelta;
use ori_fleet::{Dial, DialOutcome, HostId, NotDialled, Refusal, RefusalReason, Reservation};
use ori_shared::call::{CallStatus, PlacedCall, PlacedStatus};
use ori_shared::error_code::ErrorCode;
use ori_store::{Answer, CallOrder, CallStep, ClaimFate, Given, StoreError};
use uuid::Uuid;

use self::attempt::{Attempt, record_later};
use crate::error::ApiError;
use crate::state::AppState;

pub use self::attempt::{Begun, SEND_WITHIN};

/// A call that is to be dialled.
pub struct Call {
    /// The call's id.
    pub id: Uuid,
    /// What is to be dialled.
    pub order: CallOrder,
    /// The request that asked for it.
    pub request_id: String,
    /// Where it stands before, and stands again if no host has room.
    pub waits_as: CallStatus,
    /// Whether repetitions of the request are given the answer that is still to come.
    pub is_claimed: bool,
}

/// What became of it.
pub type Outcome = Result<PlacedCall, ApiError>;

/// Has the call dialled and keeps what became of it. To be run apart from the request: it must not end with it.
///
/// # Errors
/// Why it was not dialled, or that it is not known.
pub async fn dial(state: Data<AppState>, call: Call, start: Start) -> Outcome {
    let mut tried: Vec<HostId> = Vec::new();
    let mut last_reason = "no_capacity";
    let (mut begun, mut room) = match start {
        Start::Begun(begun) => (Some(begun), None),
        Start::Room(room) => (None, Some(room)),
        Start::Nothing => (None, None),
    };
    loop {
        let next = match begun.take() {
            Some(begun) => {
                tried.push(begun.host().clone());
                Some(Attempt::begun(&state, &call, begun))
            }
            None => begin(&state, &call, room.take(), &mut tried).await?,
        };
        let Some((attempt, room)) = next else {
            return no_room(&state, &call, last_reason).await;
        };
        match attempt.dial(room).await {
            DialOutcome::NotDialled(why) => {
                last_reason = reason(&why);
                attempt.take_back(last_reason).await?;
            }
            outcome => return attempt.settle(outcome).await,
        }
    }
}

/// What there is for the call when it is to be dialled.
pub enum Start {
    /// An attempt, which was recorded with the call.
    Begun(Begun),
    /// Room on a host.
    Room(Reservation),
    /// Neither.
    Nothing,
}

/// Begins the next attempt, where a host has room.
async fn begin<'a>(
    state: &'a Data<AppState>,
    call: &'a Call,
    first: Option<Reservation>,
    tried: &mut Vec<HostId>,
) -> Result<Option<(Attempt<'a>, Reservation)>, ApiError> {
    let mut next = first;
    while let Some(room) = next.take().or_else(|| state.fleet.reserve(call.id, tried)) {
        tried.push(room.host().clone());
        let attempt = Attempt::new(state, call);
        match attempt.give(&room).await {
            Ok(Given::Given) => return Ok(Some((attempt, room))),
            Ok(Given::NoRoom) => room.is_taken(),
            // Another replica dials the call, or gave it up while this one was stopped. Here, nothing was dialled.
            Ok(Given::MovedOn) => return Err(no_capacity(call)),
            Err(error) => return Err(attempt.give_up(error, Some(room))),
        }
    }
    Ok(None)
}

/// How soon to try again where no host had room: half of the time in which hosts tell their health anew.
pub const RETRY_AFTER: TimeDelta = TimeDelta::seconds(5);

/// The answer to a call whose outcome is not known.
#[must_use]
pub fn outcome_unknown(call: Uuid, why: &str) -> ApiError {
    let detail = format!(
        "A voice worker was asked, but its answer was lost ({why}). The call may be under way and is not dialled again: \
         ask for its status by its call_id."
    );
    ApiError::with_detail(ErrorCode::OutcomeUnknown, detail).about_call(call)
}

/// The answer if it is not known whether the call was recorded. A call to be dialled at once is then not dialled; a
/// call that waits is dialled if it was recorded.
#[must_use]
pub fn recording_unknown(call: Uuid, cause: StoreError) -> ApiError {
    let detail = "The connection to the database was lost while the call was recorded. If it was recorded, it may be dialled, \
                  once: ask for its status by its call_id.";
    ApiError::with_detail(ErrorCode::OutcomeUnknown, detail)
        .because(cause)
        .about_call(call)
}

/// The answer as it is kept for repetitions.
#[must_use]
pub fn kept(outcome: &Outcome, request_id: &str) -> ClaimFate {
    let (status, body) = match outcome {
        Ok(placed) => (200, serde_json::to_string(placed)),
        Err(error) => (
            error.code().status(),
            serde_json::to_string(&error.problem(request_id)),
        ),
    };
    body.map_or(ClaimFate::Open, |body| {
        ClaimFate::Answered(Answer { status, body })
    })
}

fn order(call: &Call) -> Dial {
    let mut connected_event = call.order.variables.clone();
    connected_event.insert("ori_call_id".to_owned(), call.id.to_string());
    Dial {
        bot_id: call.order.bot_id.clone(),
        to_number: call.order.to_number.clone(),
        from_number: call.order.from_number.clone(),
        connected_event,
    }
}

async fn no_room(state: &Data<AppState>, call: &Call, reason: &str) -> Outcome {
    if call.waits_as == CallStatus::Queued {
        // It waits anew, and while it did not the worker may have seen that nobody does.
        state.queue.tell_worker();
        return Err(no_capacity(call));
    }
    let mut step = CallStep::new(
        call.id,
        &[CallStatus::Reserved],
        CallStatus::Refused,
        state.clock.now(),
    );
    step.reason = Some(reason.to_owned());
    // Nothing was dialled, so that the same request may be tried anew.
    step.claim = ClaimFate::Released;
    state.store.step_call(step.clone()).await.map_err(|error| {
        record_later(state, step, None);
        nothing_dialled(error)
    })?;
    Err(no_capacity(call))
}

/// The answer if a step of a call failed that no host tasks: what is in doubt is where the call stands, which is
/// recorded later.
fn nothing_dialled(error: StoreError) -> ApiError {
    match error {
        StoreError::Indeterminate(cause) => StoreError::Unavailable(cause).into(),
        certain => certain.into(),
    }
}

fn no_capacity(call: &Call) -> ApiError {
    ApiError::new(ErrorCode::NoCapacity)
        .retry_after(RETRY_AFTER)
        .about_call(call.id)
}

/// What whoever asked for the call is told.
fn told(call: Uuid, dialled: &DialOutcome) -> Outcome {
    match dialled {
        DialOutcome::Accepted { room_name, .. } => Ok(PlacedCall {
            status: PlacedStatus::Ok,
            call_id: call,
            room_name: room_name.clone(),
        }),
        DialOutcome::Refused(refusal) => Err(refused(refusal).about_call(call)),
        DialOutcome::NotDialled(why) => Err(outcome_unknown(call, &why.to_string())),
        DialOutcome::Unknown { why } => Err(outcome_unknown(call, why)),
    }
}

/// Where the call stands after that, and why.
fn standing(dialled: &DialOutcome, outcome: &Outcome) -> (CallStatus, Option<String>) {
    match (dialled, outcome) {
        (DialOutcome::Accepted { .. }, _) => (CallStatus::Accepted, None),
        (DialOutcome::Refused(_), Err(error)) => {
            (CallStatus::Refused, Some(error.code().as_str().to_owned()))
        }
        (DialOutcome::Unknown { .. }, _) => (CallStatus::Unknown, Some("answer_lost".to_owned())),
        _ => (CallStatus::Unknown, None),
    }
}

fn refused(refusal: &Refusal) -> ApiError {
    let said = refusal
        .detail
        .as_deref()
        .map(|detail| format!(": {detail}"))
        .unwrap_or_default();
    match refusal.reason {
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
            format!(
                "The voice worker refused the call with status {}{said}",
                refusal.status
            ),
        ),
    }
}

fn reason(why: &NotDialled) -> &'static str {
    match why {
        NotDialled::AtCapacity => "at_capacity",
        NotDialled::NotConfigured => "host_not_configured",
        NotDialled::Unreachable { .. } => "host_unreachable",
        NotDialled::Lapsed => "reservation_lapsed",
    }
}
