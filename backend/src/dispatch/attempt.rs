use std::time::Duration;

use actix_web::web::Data;
use ori_fleet::{DialOutcome, HostId, NotDialled, Reservation};
use ori_shared::call::CallStatus;
use ori_store::{CallStep, ClaimFate, FirstAttempt, Given, HostRoom, StoreError};
use tokio::time::Instant;
use uuid::Uuid;

use super::{Call, Outcome, kept, nothing_dialled, order, outcome_unknown, standing, told};
use crate::error::ApiError;
use crate::state::AppState;

/// A call must be on its way to the host so soon after it was given to it: a process that was stopped meanwhile must
/// not go on with what others have given up.
pub const SEND_WITHIN: Duration = Duration::from_secs(10);

/// An attempt that begins with the recording of its call.
pub struct Begun {
    id: Uuid,
    room: Reservation,
    at: Instant,
}

impl Begun {
    /// Where there is room for a call of that id at once, and nobody else has to be asked whether there is.
    #[must_use]
    pub fn at_once(state: &AppState, call: Uuid) -> Option<Self> {
        if state.store.is_shared() {
            return None;
        }
        Some(Self {
            room: state.fleet.reserve(call, &[])?,
            id: state.random.id(state.clock.now()),
            at: Instant::now(),
        })
    }

    /// The host that is asked.
    pub(super) fn host(&self) -> &HostId {
        self.room.host()
    }

    /// What is recorded of it.
    #[must_use]
    pub fn recorded(&self) -> FirstAttempt {
        FirstAttempt {
            id: self.id,
            host: self.host().as_str().to_owned(),
        }
    }
}

/// One attempt to have a call dialled by a host. What it writes down late is void where another attempt has begun.
pub(super) struct Attempt<'a> {
    state: &'a Data<AppState>,
    call: &'a Call,
    id: Uuid,
    begun: Instant,
}

impl<'a> Attempt<'a> {
    pub(super) fn new(state: &'a Data<AppState>, call: &'a Call) -> Self {
        Self {
            state,
            call,
            id: state.random.id(state.clock.now()),
            begun: Instant::now(),
        }
    }

    /// The one that began with the call's recording.
    pub(super) fn begun(state: &'a Data<AppState>, call: &'a Call, begun: Begun) -> (Self, Reservation) {
        let attempt = Self {
            state,
            call,
            id: begun.id,
            begun: begun.at,
        };
        (attempt, begun.room)
    }

    /// Writes down that the host may dial, if it may.
    pub(super) async fn give(&self, room: &Reservation) -> Result<Given, StoreError> {
        let said = room.host_room().map(|said| HostRoom {
            available: said.available,
            number: said.number,
        });
        if said.is_none() && self.state.store.is_shared() {
            return Ok(Given::NoRoom);
        }
        let from = match self.call.waits_as {
            CallStatus::Queued => &[CallStatus::Queued][..],
            _ => &[CallStatus::Reserved][..],
        };
        let mut step = self.step(from, CallStatus::Sent);
        step.host = Some(room.host().as_str().to_owned());
        self.state.store.give_call(step, said).await
    }

    /// Has the host dial, unless that took so long to write down that others may count the call as left behind.
    pub(super) async fn dial(&self, room: Reservation) -> DialOutcome {
        if self.begun.elapsed() > SEND_WITHIN {
            return DialOutcome::NotDialled(NotDialled::Lapsed);
        }
        room.dial(&order(self.call)).await
    }

    /// The host certainly did not dial: the call stands where it stood before.
    pub(super) async fn take_back(&self, reason: &str) -> Result<(), ApiError> {
        let mut step = self.step(&[CallStatus::Sent], self.call.waits_as);
        step.reason = Some(reason.to_owned());
        let taken = self.state.store.step_call(step).await;
        taken.map(|_| ()).map_err(|error| self.give_up(error, None))
    }

    /// Writes down what came of it. Where somebody gave the call up as unknown meanwhile, this became of it after all.
    pub(super) async fn settle(&self, dialled: DialOutcome) -> Outcome {
        let outcome = told(self.call.id, &dialled);
        let (to, reason) = standing(&dialled, &outcome);
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
        // A call that waited was answered when it was recorded.
        step.is_news = self.call.waits_as == CallStatus::Queued;
        if self.call.is_claimed {
            step.claim = kept(&outcome, &self.call.request_id);
        }
        // What cannot be kept must not be told as settled: whoever asks again would have it dialled again.
        if let Err(error) = self.state.store.step_call(step.clone()).await {
            ApiError::from(error).log();
            step.is_news = true;
            record_later(self.state, step, None);
            return Err(outcome_unknown(self.call.id, "it could not be recorded"));
        }
        if step.event().is_some() {
            self.state.webhooks.told.notify_one();
        }
        outcome
    }

    fn step(&self, from: &'static [CallStatus], to: CallStatus) -> CallStep {
        CallStep {
            attempt: Some(self.id),
            ..CallStep::new(self.call.id, from, to, self.state.clock.now())
        }
    }

    /// The database is out, and no host was asked, or none that dialled: the call is refused, or waits on, once that
    /// can be written down. Until then the call keeps its room, so that the queue does not try it again and again
    /// meanwhile.
    pub(super) fn give_up(&self, error: StoreError, room: Option<Reservation>) -> ApiError {
        let mut step = self.step(&[CallStatus::Reserved, CallStatus::Sent], CallStatus::Refused);
        step.reason = Some("interrupted".to_owned());
        step.claim = ClaimFate::Released;
        if self.call.waits_as == CallStatus::Queued {
            step = self.step(&[CallStatus::Sent], CallStatus::Queued);
        }
        record_later(self.state, step, room);
        nothing_dialled(error)
    }
}

/// Writes the step down as soon as the database is back. A step says where it begins, so that it does no harm if it was
/// written down at first after all, or if the call has moved on.
pub(super) fn record_later(state: &Data<AppState>, step: CallStep, room: Option<Reservation>) {
    let shared = state.clone();
    state.tasks.spawn(async move {
        let _room = room;
        loop {
            tokio::time::sleep(RECORD_AGAIN).await;
            match shared.store.step_call(step.clone()).await {
                Ok(_) if step.to == CallStatus::Queued => return shared.queue.tell_worker(),
                Ok(_) => return shared.webhooks.told.notify_one(),
                Err(error) => {
                    tracing::warn!(call_id = %step.call, %error, "still cannot record where a call stands");
                }
            }
        }
    });
}

const RECORD_AGAIN: Duration = Duration::from_secs(1);
