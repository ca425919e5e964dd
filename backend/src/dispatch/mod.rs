//! Dispatch: choosing a host for a recorded call and sending the attempt.
//!
//! No transaction is open while a host is asked. Before it is asked, `sent` is durable. The next host is asked only if the
//! last one certainly did not dial; any doubt ends the dispatch. What cannot be recorded because the database is down is
//! recorded as soon as it is back.

mod attempt;
mod coordination;
mod outcome;

use std::time::Duration;

use actix_web::web::Data;
use chrono::TimeDelta;
use ori_fleet::{Dial, DialOutcome, HostId, Reservation};
use ori_shared::call::{CallStatus, PlacedCall};
use ori_shared::error_code::ErrorCode;
use ori_store::{Assignment, CallOrder, IdempotencyUpdate, StoreError, Transition};
use tokio::time::Instant;
use uuid::Uuid;

use self::attempt::{Attempt, retry_record};
use self::outcome::reason;
use crate::error::ApiError;
use crate::state::AppState;

pub use self::attempt::{SEND_WITHIN, StartedAttempt};
pub use self::coordination::Coordination;
pub use self::outcome::{outcome_unknown, recording_unknown};

/// A recorded call without an outcome.
pub struct PendingCall {
    /// The call's id.
    pub id: Uuid,
    /// The validated dialout.
    pub order: CallOrder,
    /// Id of the request that placed it.
    pub request_id: String,
    /// Deadline by the monotonic clock: no attempt begins later, because the client does not wait for the response any more.
    /// `None` for a call from the queue.
    pub dispatch_by: Option<Instant>,
    /// Its status before an attempt, and again if no host has capacity.
    pub initial_status: CallStatus,
    /// Whether repetitions of the request get the stored response.
    pub has_idempotency_record: bool,
}

impl PendingCall {
    fn is_late(&self, state: &AppState) -> bool {
        self.dispatch_by
            .is_some_and(|dispatch_by| state.clock.monotonic() > dispatch_by)
    }
}

/// How long after a request the dispatch of its call may begin. Clients are advised to wait 70 seconds, of which a worker may
/// take 60; most answer at once.
pub const DISPATCH_WITHIN: Duration = Duration::from_secs(20);

/// The response to the client that placed the call.
pub type Outcome = Result<PlacedCall, ApiError>;

/// State of the call at the start of its dispatch.
pub enum Start {
    /// An attempt that was recorded together with the call.
    Attempt(StartedAttempt),
    /// Capacity on a host.
    Reservation(Reservation),
    /// Neither.
    None,
}

/// Sends the call to one host after another until one of them may have dialled, and records the outcome. Must run in a
/// task of its own: it must not end with the request.
///
/// # Errors
/// Reason why the call was not dialled, or an unknown outcome.
pub async fn run(state: Data<AppState>, call: PendingCall, start: Start) -> Outcome {
    let mut tried: Vec<HostId> = Vec::new();
    let mut last_reason = "no_capacity";
    let mut next = match start {
        Start::Attempt(started) => {
            tried.push(started.host().clone());
            Some(Attempt::resume(&state, &call, started))
        }
        Start::Reservation(reservation) => assign(&state, &call, Some(reservation), &mut tried).await?,
        Start::None if call.is_late(&state) => {
            last_reason = "waited_too_long";
            None
        }
        Start::None => assign(&state, &call, None, &mut tried).await?,
    };
    while let Some((attempt, reservation)) = next {
        match attempt.send(reservation).await {
            DialOutcome::NotDialled(why) => {
                last_reason = reason(&why);
                attempt.revert(last_reason).await?;
            }
            outcome => return attempt.record_outcome(outcome).await,
        }
        if call.is_late(&state) {
            last_reason = "waited_too_long";
            break;
        }
        next = assign(&state, &call, None, &mut tried).await?;
    }
    out_of_capacity(&state, &call, last_reason).await
}

/// Assigns the call to the next host that has capacity, and returns the attempt; `None` if there is no such host.
async fn assign<'a>(
    state: &'a Data<AppState>,
    call: &'a PendingCall,
    first: Option<Reservation>,
    tried: &mut Vec<HostId>,
) -> Result<Option<(Attempt<'a>, Reservation)>, ApiError> {
    let mut next = first;
    while let Some(reservation) = next.take().or_else(|| state.fleet.reserve(call.id, tried)) {
        tried.push(reservation.host().clone());
        let attempt = Attempt::new(state, call);
        match attempt.mark_sent(&reservation).await {
            Ok(Assignment::Assigned) => return Ok(Some((attempt, reservation))),
            Ok(Assignment::NoCapacity) => reservation.mark_full(),
            // Another replica dispatches the call, or recovered it while this one was suspended. Nothing was dialled here.
            Ok(Assignment::Superseded) => return Err(no_capacity(call)),
            Err(error) => return Err(attempt.abort(error, Some(reservation))),
        }
    }
    Ok(None)
}

/// `Retry-After` of a request for which no host had capacity: half of the interval of health polls.
pub const RETRY_AFTER: TimeDelta = TimeDelta::seconds(5);

fn dial(call: &PendingCall) -> Dial {
    let mut connected_event = call.order.variables.clone();
    connected_event.insert("ori_call_id".to_owned(), call.id.to_string());
    Dial {
        bot_id: call.order.bot_id.clone(),
        to_number: call.order.to_number.clone(),
        from_number: call.order.from_number.clone(),
        connected_event,
    }
}

async fn out_of_capacity(state: &Data<AppState>, call: &PendingCall, reason: &str) -> Outcome {
    if call.initial_status == CallStatus::Queued {
        // The call is in the queue again. The worker may have found the queue empty meanwhile.
        state.queue.notify_worker();
        return Err(no_capacity(call));
    }
    let mut step = Transition::new(
        call.id,
        &[CallStatus::Reserved],
        CallStatus::Refused,
        state.clock.now(),
    );
    step.reason = Some(reason.to_owned());
    // Nothing was dialled, so a repetition is a new request.
    step.claim = IdempotencyUpdate::Released;
    state.store.transition_call(step.clone()).await.map_err(|error| {
        retry_record(state, step, None);
        nothing_dialled(error)
    })?;
    Err(no_capacity(call))
}

/// Returns the response if a step of a call failed that no host dials: only its status is in doubt, and is recorded later.
fn nothing_dialled(error: StoreError) -> ApiError {
    match error {
        StoreError::Indeterminate(cause) => StoreError::Unavailable(cause).into(),
        certain => certain.into(),
    }
}

fn no_capacity(call: &PendingCall) -> ApiError {
    ApiError::new(ErrorCode::NoCapacity)
        .retry_after(RETRY_AFTER)
        .about_call(call.id)
}
