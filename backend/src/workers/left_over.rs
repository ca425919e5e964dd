//! Settles the calls that another replica left behind when it died.
//!
//! No replica needs to know which of the others live. A call that stands as reserved or as sent moves within the time
//! that dialling takes at most; one that did not has nobody at work on it. Should somebody be all the same (a process
//! that was stopped, and wakes), then their next step finds that the call has moved on, and they do not dial.

use std::time::Duration;

use actix_web::web::Data;
use chrono::TimeDelta;
use ori_store::Patience;
use tokio::sync::watch;

use crate::app::App;
use crate::dialling::SEND_WITHIN;
use crate::error::ApiError;

/// Recovers now and then. For a database that other processes use as well, or that took no change when this one started.
pub async fn run(app: Data<App>, mut stop: watch::Receiver<()>) {
    loop {
        if let Err(error) = run_once(&app).await {
            error.log();
        }
        tokio::select! {
            _ = stop.changed() => return,
            () = tokio::time::sleep(EVERY) => {}
        }
    }
}

const EVERY: Duration = Duration::from_secs(10);
/// What the database may take to write down what was done.
const SLACK: TimeDelta = TimeDelta::seconds(20);

/// Settles what nobody can be at work on any more.
///
/// # Errors
/// When the store does not answer.
pub async fn run_once(app: &App) -> Result<(), ApiError> {
    let dial = app.fleet.dial_timeout() + SEND_WITHIN;
    let patience = Patience {
        // Nothing was sent, so that to be early costs no more than one call that has to be asked for again.
        reserved: TimeDelta::seconds(30),
        sent: TimeDelta::from_std(dial).unwrap_or(TimeDelta::hours(1)) + SLACK,
    };
    let (unknown, refused) = app
        .store
        .settle_left_over_calls(Some(patience), app.clock.now())
        .await?;
    if unknown + refused > 0 {
        app.webhooks.told.notify_one();
        tracing::warn!(unknown, refused, "settled calls that another replica left behind");
    }
    Ok(())
}
