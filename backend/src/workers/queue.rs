//! Has waiting calls dialled, in the order in which they were asked for, as soon as there is room.

use std::time::Duration;

use actix_web::web::Data;
use ori_shared::call::CallStatus;
use ori_store::{CallStep, QueuedCall};
use tokio::sync::watch;
use tokio::time::MissedTickBehavior;

use crate::app::App;
use crate::dialling::{self, Call, Start};
use crate::error::ApiError;

/// Works whenever a call joins or room comes up, and now and then for the deadlines of those that wait.
pub async fn run(app: Data<App>, mut stop: watch::Receiver<()>) {
    let mut room = app.fleet.room_changes();
    let mut waiting = true;
    let mut deadlines = tokio::time::interval(DEADLINES_EVERY);
    deadlines.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        // A call that joined on another replica wakes nobody here, and that one may be gone.
        waiting |= app.store.is_shared();
        let is_due = tokio::select! {
            _ = stop.changed() => return,
            () = app.queue.joined() => false,
            changed = room.changed(), if waiting => if changed.is_err() { return } else { false },
            _ = deadlines.tick(), if waiting => true,
        };
        room.mark_unchanged();
        waiting = if is_due || app.fleet.has_room() {
            run_once(&app).await.unwrap_or_else(|error| {
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
pub async fn run_once(app: &Data<App>) -> Result<bool, ApiError> {
    let (mut may_wait, mut last) = (false, None);
    app.queue.look();
    loop {
        let waiting = app.store.queued_calls(last, BATCH).await?;
        let is_all = waiting.len() < BATCH as usize;
        last = waiting.last().map(|call| call.id);
        for call in waiting {
            // One that is being started is still listed until it is marked as sent.
            if app.fleet.holds_room_for(call.id) {
                may_wait = true;
            } else if call.created_at + app.queue.deadline <= app.clock.now() {
                refuse(app, call).await?;
            } else if start(app, call) {
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
fn start(app: &Data<App>, call: QueuedCall) -> bool {
    let Some(room) = app.fleet.reserve(call.id, &[]) else {
        return false;
    };
    let request_id = call.id.simple().to_string();
    let call = Call {
        id: call.id,
        order: call.order,
        request_id,
        dial_by: None,
        waits_as: CallStatus::Queued,
        is_claimed: false,
    };
    app.dials
        .spawn(dialling::dial(app.clone(), call, Start::Room(room)));
    true
}

async fn refuse(app: &App, call: QueuedCall) -> Result<(), ApiError> {
    let mut step = CallStep::new(
        call.id,
        &[CallStatus::Queued],
        CallStatus::Refused,
        app.clock.now(),
    );
    step.reason = Some("waited_too_long".to_owned());
    step.is_news = true;
    app.store.step_call(step).await?;
    app.webhooks.told.notify_one();
    Ok(())
}
