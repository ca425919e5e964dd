//! Ends deliveries that are not sent any more: those of webhooks that were removed or disabled, and those that have passed
//! their deadline. After the clock was set back, makes due what it had put off. Both are done in small steps, whatever
//! their number.

use std::time::Duration;

use actix_web::web::Data;
use chrono::{DateTime, TimeDelta, Utc};
use ori_store::StoreError;
use tokio::sync::watch;
use tokio::time::{Instant, sleep};

use super::housekeeping::in_steps;
use super::reading::Reading;
use super::webhooks::LEASE;
use crate::app::App;
use crate::error::ApiError;
use crate::webhooks::DEADLINE;

/// Runs at the start, when a webhook has ended, and once a minute.
pub async fn run(app: Data<App>, mut stop: watch::Receiver<()>) {
    // At the start as well: the clock may have been set back while no server ran.
    let mut seen = None;
    loop {
        tokio::select! {
            // What is left is ended after the next start.
            _ = stop.changed() => return,
            done = run_once(&app, &mut seen) => done.unwrap_or_else(|error| error.log()),
        }
        tokio::select! {
            _ = stop.changed() => return,
            () = app.webhooks.ended.notified() => {}
            () = app.clock.until(app.clock.now() + PAUSE) => {}
            // Also if the clock was set back.
            () = sleep(Duration::from_secs(60)) => {}
        }
    }
}

/// Hastens what is pending if the clock is behind `seen`, and ends what is to be ended. A delivery has passed its deadline if
/// it has at two readings of a clock that was not set between them.
async fn run_once(app: &App, seen: &mut Option<Reading>) -> Result<(), ApiError> {
    let reading = Reading::of(&*app.clock);
    let earlier = *seen;
    if earlier.is_none_or(|earlier| reading.wall < earlier.wall) {
        hasten(app, reading.wall).await?;
        app.webhooks.told.notify_one();
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
    let ended = in_steps(|limit| app.store.end_deliveries(before, limit)).await?;
    if ended > 0 {
        tracing::info!(ended, "ended webhook deliveries that are not sent any more");
    }
    Ok(())
}

/// Rests after each step, as [`in_steps`] does.
async fn hasten(app: &App, now: DateTime<Utc>) -> Result<(), StoreError> {
    let mut after = None;
    loop {
        let began = Instant::now();
        after = app
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
/// So many are looked at in one transaction.
const HASTENED_AT_ONCE: u32 = 500;
