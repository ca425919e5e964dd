//! Dispatches queued calls, oldest first, as soon as there is capacity.

use std::time::Duration;

use actix_web::web::Data;
use ori_shared::call::CallStatus;
use ori_store::{QueuedCall, Transition};
use tokio::sync::watch;
use tokio::time::MissedTickBehavior;

use crate::dispatch::{self, PendingCall, Start};
use crate::error::ApiError;
use crate::state::AppState;

/// Runs when a call joins the queue or capacity appears, and at intervals for the deadlines of queued calls.
pub async fn run(state: Data<AppState>, mut stop: watch::Receiver<()>) {
    let mut room = state.fleet.capacity_changes();
    let mut waiting = true;
    let mut deadlines = tokio::time::interval(DEADLINES_EVERY);
    deadlines.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        // A call that joined on another replica wakes no worker here.
        waiting |= state.coordination.rescan_interval().is_some();
        let is_due = tokio::select! {
            _ = stop.changed() => return,
            () = state.queue.joined() => false,
            changed = room.changed(), if waiting => if changed.is_err() { return } else { false },
            _ = deadlines.tick(), if waiting => true,
        };
        room.mark_unchanged();
        waiting = if is_due || state.fleet.has_capacity() {
            run_once(&state).await.unwrap_or_else(|error| {
                error.log();
                true
            })
        } else {
            true
        };
    }
}

/// Dispatches as many queued calls as there is capacity for, and refuses those past their deadline. Returns whether the
/// queue may still hold calls: one that is dispatched returns to it if no host accepts it.
///
/// # Errors
/// Returns the error of the database.
pub async fn run_once(state: &Data<AppState>) -> Result<bool, ApiError> {
    let (mut may_wait, mut last) = (false, None);
    state.queue.begin_scan();
    loop {
        let waiting = state.store.queued_calls(last, BATCH).await?;
        let is_all = waiting.len() < BATCH as usize;
        last = waiting.last().map(|call| call.id);
        for call in waiting {
            // A call that is being dispatched is listed until it is marked as sent.
            if state.fleet.has_reservation(call.id) {
                may_wait = true;
            } else if call.created_at + state.queue.deadline <= state.clock.now() {
                refuse(state, call).await?;
            } else if start(state, call) {
                may_wait = true;
            } else {
                return Ok(true);
            }
        }
        if is_all {
            return Ok(may_wait);
        }
    }
}

const BATCH: u32 = 100;
const DEADLINES_EVERY: Duration = Duration::from_secs(5);

/// Dispatches the call in a task of its own if there is capacity. Returns whether there was.
fn start(state: &Data<AppState>, call: QueuedCall) -> bool {
    let Some(reservation) = state.fleet.reserve(call.id, &[]) else {
        return false;
    };
    let request_id = call.id.simple().to_string();
    let call = PendingCall {
        id: call.id,
        order: call.order,
        request_id,
        dispatch_by: None,
        initial_status: CallStatus::Queued,
        has_idempotency_record: false,
    };
    state.tasks.spawn(dispatch::run(
        state.clone(),
        call,
        Start::Reservation(reservation),
    ));
    true
}

async fn refuse(state: &AppState, call: QueuedCall) -> Result<(), ApiError> {
    let mut step = Transition::new(
        call.id,
        &[CallStatus::Queued],
        CallStatus::Refused,
        state.clock.now(),
    );
    step.reason = Some("waited_too_long".to_owned());
    step.is_news = true;
    state.store.transition_call(step).await?;
    state.webhooks.told.notify_one();
    Ok(())
}
