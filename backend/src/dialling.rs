//! Having a recorded call dialled, by one host after another where that is certain to be safe.
//!
//! No transaction is open while a host is asked. Before it is asked, it stands on the disk that it may have been;
//! afterwards a host that certainly did not dial lets the next be asked, and any doubt ends the attempt for good.
//! What cannot be written down at once, because the database is out, is written down as soon as it is back.

use std::time::Duration;

use actix_web::web::Data;
use chrono::TimeDelta;
use ori_fleet::{Dial, DialOutcome, HostId, NotDialled, Refusal, RefusalReason, Reservation};
use ori_shared::call::{CallStatus, PlacedCall, PlacedStatus};
use ori_shared::error_code::ErrorCode;
use ori_store::{Answer, CallOrder, CallStep, ClaimFate, StoreError};
use uuid::Uuid;

use crate::app::App;
use crate::error::ApiError;

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
}

/// What became of it.
pub type Outcome = Result<PlacedCall, ApiError>;

/// Has the call dialled and keeps what became of it. To be run apart from the request: it must not end with it.
///
/// # Errors
/// Why it was not dialled, or that it is not known.
pub async fn dial(app: Data<App>, call: Call, first: Option<Reservation>) -> Outcome {
    let mut tried: Vec<HostId> = Vec::new();
    let mut last_reason = "no_capacity";
    let mut next = first;
    while let Some(room) = next.take().or_else(|| app.fleet.reserve(call.id, &tried)) {
        tried.push(room.host().clone());
        if !mark_sent(&app, &call, room.host()).await? {
            return Err(ApiError::internal("a call that was to be dialled had moved on"));
        }
        match room.dial(&order(&call)).await {
            DialOutcome::NotDialled(why) => {
                last_reason = reason(&why);
                take_back(&app, &call, last_reason).await?;
            }
            outcome => return settle(&app, &call, outcome).await,
        }
    }
    no_room(&app, &call, last_reason).await
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

async fn mark_sent(app: &Data<App>, call: &Call, host: &HostId) -> Result<bool, ApiError> {
    let from = match call.waits_as {
        CallStatus::Queued => &[CallStatus::Queued][..],
        _ => &[CallStatus::Reserved][..],
    };
    let mut step = CallStep::new(call.id, from, CallStatus::Sent, app.clock.now());
    step.host = Some(host.as_str().to_owned());
    app.store
        .step_call(step)
        .await
        .map_err(|error| give_up(app, call, error))
}

/// The host certainly did not dial: the call stands where it stood before.
async fn take_back(app: &Data<App>, call: &Call, reason: &str) -> Result<(), ApiError> {
    let mut step = CallStep::new(call.id, &[CallStatus::Sent], call.waits_as, app.clock.now());
    step.reason = Some(reason.to_owned());
    app.store
        .step_call(step)
        .await
        .map_err(|error| give_up(app, call, error))?;
    Ok(())
}

/// The database is out, and no host was asked, or none that dialled: the call is refused, or waits on, once that can be
/// written down.
fn give_up(app: &Data<App>, call: &Call, error: StoreError) -> ApiError {
    let mut step = CallStep::new(
        call.id,
        &[CallStatus::Reserved, CallStatus::Sent],
        CallStatus::Refused,
        app.clock.now(),
    );
    step.reason = Some("interrupted".to_owned());
    step.claim = ClaimFate::Released;
    if call.waits_as == CallStatus::Queued {
        step = CallStep::new(call.id, &[CallStatus::Sent], CallStatus::Queued, app.clock.now());
    }
    record_later(app, step);
    error.into()
}

/// Writes the step down as soon as the database is back. A step says where it begins, so that it does no harm if the
/// first attempt was written down after all, or if the call has moved on.
fn record_later(app: &Data<App>, step: CallStep) {
    let shared = app.clone();
    app.dials.spawn(async move {
        loop {
            tokio::time::sleep(RECORD_AGAIN).await;
            match shared.store.step_call(step.clone()).await {
                Ok(_) => return shared.webhooks.told.notify_one(),
                Err(error) => {
                    tracing::warn!(call_id = %step.call, %error, "still cannot record where a call stands");
                }
            }
        }
    });
}

const RECORD_AGAIN: Duration = Duration::from_secs(1);

async fn no_room(app: &Data<App>, call: &Call, reason: &str) -> Outcome {
    let refused = ApiError::new(ErrorCode::NoCapacity)
        .retry_after(RETRY_AFTER)
        .about_call(call.id);
    if call.waits_as == CallStatus::Queued {
        return Err(refused);
    }
    let mut step = CallStep::new(
        call.id,
        &[CallStatus::Reserved],
        CallStatus::Refused,
        app.clock.now(),
    );
    step.reason = Some(reason.to_owned());
    // Nothing was dialled, so that the same request may be tried anew.
    step.claim = ClaimFate::Released;
    app.store
        .step_call(step)
        .await
        .map_err(|error| give_up(app, call, error))?;
    Err(refused)
}

async fn settle(app: &Data<App>, call: &Call, dialled: DialOutcome) -> Outcome {
    let mut step = CallStep::new(call.id, &[CallStatus::Sent], CallStatus::Unknown, app.clock.now());
    let outcome = match dialled {
        DialOutcome::Accepted {
            worker_call_id,
            room_name,
        } => {
            step.to = CallStatus::Accepted;
            step.worker_call_id = Some(worker_call_id);
            step.room_name.clone_from(&room_name);
            Ok(PlacedCall {
                status: PlacedStatus::Ok,
                call_id: call.id,
                room_name,
            })
        }
        DialOutcome::Refused(refusal) => {
            step.to = CallStatus::Refused;
            let error = refused(&refusal).about_call(call.id);
            step.reason = Some(error.code().as_str().to_owned());
            Err(error)
        }
        DialOutcome::NotDialled(why) => Err(outcome_unknown(call.id, &why.to_string())),
        DialOutcome::Unknown { why } => {
            step.reason = Some("answer_lost".to_owned());
            Err(outcome_unknown(call.id, &why))
        }
    };
    // A call that waited was answered when it was recorded.
    step.is_news = call.waits_as == CallStatus::Queued;
    if !step.is_news {
        step.claim = kept(&outcome, &call.request_id);
    }
    // What cannot be kept must not be told as settled: whoever asks again would have it dialled again.
    app.store.step_call(step.clone()).await.map_err(|error| {
        ApiError::from(error).log();
        step.is_news = true;
        record_later(app, step);
        outcome_unknown(call.id, "it could not be recorded")
    })?;
    app.webhooks.told.notify_one();
    outcome
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
