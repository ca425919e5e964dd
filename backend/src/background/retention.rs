//! Deletes what is no longer needed.

use std::time::Duration;

use actix_web::web::Data;
use chrono::{DateTime, TimeDelta, Utc};
use ori_store::StoreError;
use tokio::sync::watch;
use tokio::time::{Instant, sleep};

use super::reading::Reading;
use crate::error::ApiError;
use crate::state::AppState;

/// Runs ten minutes after the start and then each hour, unless the clock was set meanwhile.
pub async fn run(state: Data<AppState>, mut stop: watch::Receiver<()>) {
    let mut reading = Reading::of(&*state.clock);
    let mut pause = FIRST_PAUSE;
    loop {
        tokio::select! {
            _ = stop.changed() => return,
            () = state.clock.sleep(pause) => {}
        }
        pause = PAUSE;
        let earlier = std::mem::replace(&mut reading, Reading::of(&*state.clock));
        let Some(now) = reading.confirms(earlier) else {
            tracing::warn!(
                was = %earlier.wall,
                is = %reading.wall,
                "the machine's clock was set: nothing old is deleted until it has run steadily for an hour"
            );
            continue;
        };
        tokio::select! {
            // What is left is deleted after the next start.
            _ = stop.changed() => return,
            done = run_once(&state, now) => done.unwrap_or_else(|error| error.log()),
        }
    }
}

/// Deletes idempotency records that are older than two days (24 hours are promised) and whose call ended as long ago. Also
/// events older than 30 days that were delivered or given up, and, if a limit is set for them, calls that are over.
///
/// # Errors
/// Returns the error of the store.
pub async fn run_once(state: &AppState, now: DateTime<Utc>) -> Result<(), ApiError> {
    let store = &state.store;
    let claimed = now - TimeDelta::days(2);
    in_steps(|limit| store.delete_expired_idempotency_keys(claimed, limit)).await?;
    let settled = now - TimeDelta::days(30);
    in_steps(|limit| store.delete_expired_deliveries(settled, limit)).await?;
    if let Some(retention) = state.call_retention {
        let asked_for = now - retention;
        let purged = in_steps(|limit| store.purge_calls(asked_for, limit)).await?;
        if purged > 0 {
            tracing::info!(purged, "deleted calls that were older than is kept");
        }
    }
    Ok(())
}

/// Long enough for time synchronisation to have corrected a clock that was wrong when the machine started.
const FIRST_PAUSE: Duration = Duration::from_secs(600);
const PAUSE: Duration = Duration::from_secs(3600);

/// Deletes step by step, until a step finds less than it may delete; says how much that was in all.
///
/// After each step it rests four times as long as that took. So whoever writes meanwhile finds the database free for
/// most of the time, however fast or slow it is.
///
/// # Errors
/// Returns the error of a step. Completed steps stay done.
pub async fn in_steps<F>(mut step: impl FnMut(u32) -> F) -> Result<u64, StoreError>
where
    F: Future<Output = Result<u64, StoreError>>,
{
    let mut total = 0;
    loop {
        let began = Instant::now();
        let deleted = step(AT_ONCE).await?;
        total += deleted;
        if deleted < AT_ONCE.into() {
            return Ok(total);
        }
        sleep(began.elapsed() * 4).await;
    }
}

/// So many are deleted in one transaction: a few milliseconds' work, and a group of calls that are written does not
/// wait longer for it than for another group.
const AT_ONCE: u32 = 100;
