//! Ends deliveries that are not sent any more: those of webhooks that were removed or disabled, and those that have passed
//! their deadline. After the clock was set back, makes due what it had put off. Both are done in small steps, whatever
//! their number.

use std::time::Duration;

use actix_web::web::Data;
use chrono::{DateTime, TimeDelta, Utc};
use ori_store::StoreError;
use tokio::sync::watch;
use tokio::time::{Instant, sleep};

use super::reading::Reading;
use super::retention::in_steps;
use super::webhook_delivery::LEASE;
use crate::error::ApiError;
use crate::state::AppState;
use crate::webhooks::DEADLINE;

/// Runs at the start, when a webhook has ended, and once a minute.
pub async fn run(state: Data<AppState>, mut stop: watch::Receiver<()>) {
    // At the start as well: the clock may have been set back while no server ran.
    let mut seen = None;
    loop {
        tokio::select! {
            // What is left is ended after the next start.
            _ = stop.changed() => return,
            done = run_once(&state, &mut seen) => done.unwrap_or_else(|error| error.log()),
        }
        tokio::select! {
            _ = stop.changed() => return,
            () = state.webhooks.ended.notified() => {}
            () = state.clock.until(state.clock.now() + PAUSE) => {}
            // Also if the clock was set back.
            () = sleep(Duration::from_secs(60)) => {}
        }
    }
}

/// Hastens what is pending if the clock is behind `seen`, and ends what is to be ended. A delivery has passed its deadline if
/// it has at two readings of a clock that was not set between them.
///
/// # Errors
/// Returns the error of the store. Completed steps stay done.
async fn run_once(state: &AppState, seen: &mut Option<Reading>) -> Result<(), ApiError> {
    let reading = Reading::of(&*state.clock);
    let earlier = *seen;
    if earlier.is_none_or(|earlier| reading.wall < earlier.wall) {
        hasten(state, reading.wall).await?;
        state.webhooks.told.notify_one();
        *seen = Some(reading);
    }
    let mut before = DateTime::UNIX_EPOCH;
    if let Some(earlier) = earlier {
        let confirmed = reading.confirms(earlier);
        if confirmed.is_none() || reading.elapsed_since(earlier) >= CONFIRMED_AFTER {
            *seen = Some(reading);
            before = confirmed.map_or(before, |time| time - DEADLINE);
        }
    }
    let ended = in_steps(|limit| state.store.end_deliveries(before, limit)).await?;
    if ended > 0 {
        tracing::info!(ended, "ended webhook deliveries that are not sent any more");
    }
    Ok(())
}

/// Rests after each step, as [`in_steps`] does.
async fn hasten(state: &AppState, now: DateTime<Utc>) -> Result<(), StoreError> {
    let mut after = None;
    loop {
        let began = Instant::now();
        after = state
            .store
            .hasten_deliveries(now, now + LEASE, after, HASTENED_AT_ONCE)
            .await?;
        if after.is_none() {
            return Ok(());
        }
        sleep(began.elapsed() * 4).await;
    }
}

/// Two readings are at least that far apart: a clock that is wrong for a moment is not confirmed by itself.
const CONFIRMED_AFTER: Duration = Duration::from_secs(30);
const PAUSE: TimeDelta = TimeDelta::minutes(1);
/// Number of deliveries of one transaction.
const HASTENED_AT_ONCE: u32 = 500;
