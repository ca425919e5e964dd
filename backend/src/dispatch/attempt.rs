use std::sync::Arc;
use std::time::Duration;

use actix_web::web::Data;
use ori_fleet::{DialOutcome, HostId, NotDialled, Reservation};
use ori_shared::call::CallStatus;
use ori_store::{
    Admission, Assignment, FirstAttempt, IdempotencyUpdate, NewCall, Result as StoreResult, SingleProcess,
    StoreError, Transition,
};
use tokio::time::Instant;
use uuid::Uuid;

use super::outcome::{client_response, outcome_unknown, resulting_status, stored_response};
use super::{Outcome, PendingCall, dial, nothing_dialled};
use crate::error::ApiError;
use crate::state::AppState;

/// How long after its assignment a call may be sent: a process that was suspended meanwhile must not go on with a call
/// that others have recovered.
pub const SEND_WITHIN: Duration = Duration::from_secs(10);

/// An attempt that is recorded together with its call.
pub struct StartedAttempt {
    id: Uuid,
    store: Arc<dyn SingleProcess>,
    reservation: Reservation,
    at: Instant,
}

impl StartedAttempt {
    /// Reserves capacity for a call that is about to be admitted. Returns `None` if there is none, or if the database
    /// assigns hosts because of replicas.
    #[must_use]
    pub fn before_admission(state: &AppState, call: Uuid) -> Option<Self> {
        let store = state.coordination.single_process()?;
        Some(Self {
            reservation: state.fleet.reserve(call, &[])?,
            id: state.random.id(state.clock.now()),
            store: store.clone(),
            at: state.clock.monotonic(),
        })
    }

    /// Admits the call, and records it as `sent` by this attempt.
    ///
    /// # Errors
    /// Returns the error of the database.
    pub async fn admit(&self, call: NewCall) -> StoreResult<Admission> {
        let attempt = FirstAttempt {
            id: self.id,
            host: self.host().as_str().to_owned(),
        };
        self.store.admit_and_send(call, attempt).await
    }

    pub(super) fn host(&self) -> &HostId {
        self.reservation.host()
    }
}

/// One attempt to have a host dial a call. A step that it writes late has no effect if another attempt has begun.
pub(super) struct Attempt<'a> {
    state: &'a Data<AppState>,
    call: &'a PendingCall,
    id: Uuid,
    begun: Instant,
}

impl<'a> Attempt<'a> {
    pub(super) fn new(state: &'a Data<AppState>, call: &'a PendingCall) -> Self {
        Self {
            state,
            call,
            id: state.random.id(state.clock.now()),
            begun: state.clock.monotonic(),
        }
    }

    /// Continues the attempt that was recorded together with its call.
    pub(super) fn resume(
        state: &'a Data<AppState>,
        call: &'a PendingCall,
        started: StartedAttempt,
    ) -> (Self, Reservation) {
        let attempt = Self {
            state,
            call,
            id: started.id,
            begun: started.at,
        };
        (attempt, started.reservation)
    }

    /// Records that the reservation's host is about to be asked, if it has the capacity.
    pub(super) async fn mark_sent(&self, reservation: &Reservation) -> Result<Assignment, StoreError> {
        let from = match self.call.initial_status {
            CallStatus::Queued => &[CallStatus::Queued][..],
            _ => &[CallStatus::Reserved][..],
        };
        let mut step = self.step(from, CallStatus::Sent);
        step.host = Some(reservation.host().as_str().to_owned());
        self.state.coordination.assign(step, reservation).await
    }

    /// Asks the host to dial, unless recording that took so long that others may have recovered the call.
    pub(super) async fn send(&self, reservation: Reservation) -> DialOutcome {
        if self.state.clock.monotonic() - self.begun > SEND_WITHIN {
            return DialOutcome::NotDialled(NotDialled::Lapsed);
        }
        reservation.dial(&dial(self.call)).await
    }

    /// Reverts the call to its initial status: the host certainly did not dial.
    pub(super) async fn revert(&self, reason: &str) -> Result<(), ApiError> {
        let mut step = self.step(&[CallStatus::Sent], self.call.initial_status);
        step.reason = Some(reason.to_owned());
        let reverted = self.state.store.transition_call(step).await;
        reverted.map(|_| ()).map_err(|error| self.abort(error, None))
    }

    /// Records the outcome, also if the call was recovered as `unknown` meanwhile.
    pub(super) async fn record_outcome(&self, dialled: DialOutcome) -> Outcome {
        let outcome = client_response(self.call.id, &dialled);
        let (to, reason) = resulting_status(&dialled, &outcome);
        let from = match to {
            CallStatus::Unknown => &[CallStatus::Sent][..],
            _ => &[CallStatus::Sent, CallStatus::Unknown][..],
        };
        let mut step = self.step(from, to);
        step.reason = reason;
        if let DialOutcome::Accepted {
            worker_call_id,
            room_name,
        } = dialled
        {
            step.worker_call_id = Some(worker_call_id);
            step.room_name = room_name;
        }
        // A queued call was answered when it was recorded.
        step.is_news = self.call.initial_status == CallStatus::Queued;
        if self.call.has_idempotency_record {
            step.claim = stored_response(&outcome, &self.call.request_id);
        }
        // The outcome is not returned unless it is stored: otherwise a repetition would dial again.
        if let Err(error) = self.state.store.transition_call(step.clone()).await {
            ApiError::from(error).log();
            step.is_news = true;
            retry_record(self.state, step, None);
            return Err(outcome_unknown(self.call.id, "it could not be recorded"));
        }
        if step.event().is_some() {
            self.state.webhooks.told.notify_one();
        }
        outcome
    }

    fn step(&self, from: &'static [CallStatus], to: CallStatus) -> Transition {
        Transition {
            attempt: Some(self.id),
            ..Transition::new(self.call.id, from, to, self.state.clock.now())
        }
    }

    /// Gives up because the database failed while no host dialled: the call becomes `refused`, or stays in the queue, as
    /// soon as that can be recorded. The call keeps its reservation until then, so that the queue does not start it again
    /// meanwhile.
    pub(super) fn abort(&self, error: StoreError, reservation: Option<Reservation>) -> ApiError {
        let mut step = self.step(&[CallStatus::Reserved, CallStatus::Sent], CallStatus::Refused);
        step.reason = Some("interrupted".to_owned());
        step.claim = IdempotencyUpdate::Released;
        if self.call.initial_status == CallStatus::Queued {
            step = self.step(&[CallStatus::Sent], CallStatus::Queued);
        }
        retry_record(self.state, step, reservation);
        nothing_dialled(error)
    }
}

/// Records the step as soon as the database answers. A step names the status from which it is valid, so it does no harm
/// if it was recorded the first time, or if the call has moved since.
pub(super) fn retry_record(state: &Data<AppState>, step: Transition, reservation: Option<Reservation>) {
    let shared = state.clone();
    state.tasks.spawn(async move {
        let _reservation = reservation;
        loop {
            tokio::time::sleep(RETRY_INTERVAL).await;
            match shared.store.transition_call(step.clone()).await {
                Ok(_) if step.to == CallStatus::Queued => return shared.queue.notify_worker(),
                Ok(_) => return shared.webhooks.told.notify_one(),
                Err(error) => {
                    tracing::warn!(call_id = %step.call, %error, "cannot record the status of a call; will retry");
                }
            }
        }
    });
}

const RETRY_INTERVAL: Duration = Duration::from_secs(1);
