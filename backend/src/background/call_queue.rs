//! Has waiting calls dialled, in the order in which they were asked for, as soon as there is room.

use std::time::Duration;

use actix_web::web::Data;
use ori_shared::call::CallStatus;
use ori_store::{CallStep, QueuedCall};
use tokio::sync::watch;
use tokio::time::MissedTickBehavior;

use crate::dispatch::{self, Call, Start};
use crate::error::ApiError;
use crate::state::AppState;

/// Works whenever a call joins or room comes up, and now and then for the deadlines of those that wait.
pub async fn run(state: Data<AppState>, mut stop: watch::Receiver<()>) {
    let mut room = state.fleet.room_changes();
    let mut waiting = true;
    let mut deadlines = tokio::time::interval(DEADLINES_EVERY);
    deadlines.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        // A call that joined on another replica wakes nobody here, and that one may be gone.
        waiting |= state.store.is_shared();
        let is_due = tokio::select! {
            _ = stop.changed() => return,
            () = state.queue.joined() => false,
            changed = room.changed(), if waiting => if changed.is_err() { return } else { false },
            _ = deadlines.tick(), if waiting => true,
        };
        room.mark_unchanged();
        waiting = if is_due || state.fleet.has_room() {
            run_once(&state).await.unwrap_or_else(|error| {
                error.log();
                true
            })
        } else {
            true
        };
    }
}

/// Starts as many waiting calls as there is room for, refuses those that waited too long, and says whether any may
/// still wait: one that was started waits again where no host takes it.
///
/// # Errors
/// When the store does not answer.
pub async fn run_once(state: &Data<AppState>) -> Result<bool, ApiError> {
    let (mut may_wait, mut last) = (false, None);
    state.queue.look();
    loop {
        let waiting = state.store.queued_calls(last, BATCH).await?;
        let is_all = waiting.len() < BATCH as usize;
        last = waiting.last().map(|call| call.id);
        for call in waiting {
            // One that is being started is still listed until it is marked as sent.
            if state.fleet.holds_room_for(call.id) {
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

/// Has the call dialled apart from this worker, if there is room for it; says whether there was.
fn start(state: &Data<AppState>, call: QueuedCall) -> bool {
    let Some(room) = state.fleet.reserve(call.id, &[]) else {
        return false;
    };
    let request_id = call.id.simple().to_string();
    let call = Call {
        id: call.id,
        order: call.order,
        request_id,
        waits_as: CallStatus::Queued,
        is_claimed: false,
    };
    state
        .tasks
        .spawn(dispatch::dial(state.clone(), call, Start::Room(room)));
    true
}

async fn refuse(state: &AppState, call: QueuedCall) -> Result<(), ApiError> {
    let mut step = CallStep::new(
        call.id,
        &[CallStatus::Queued],
        CallStatus::Refused,
        state.clock.now(),
    );
    step.reason = Some("waited_too_long".to_owned());
    step.is_news = true;
    state.store.step_call(step).await?;
    state.webhooks.told.notify_one();
    Ok(())
}
