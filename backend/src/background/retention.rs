//! Forgets what is no longer needed.

use std::time::Duration;

use actix_web::web::Data;
use chrono::TimeDelta;
use ori_store::StoreError;
use tokio::sync::watch;
use tokio::time::{Instant, sleep};

use crate::error::ApiError;
use crate::state::AppState;

/// Forgets at the start and then each hour.
pub async fn run(state: Data<AppState>, mut stop: watch::Receiver<()>) {
    loop {
        tokio::select! {
            // What is left is forgotten after the next start.
            _ = stop.changed() => return,
            done = run_once(&state) => done.unwrap_or_else(|error| error.log()),
        }
        tokio::select! {
            _ = stop.changed() => return,
            () = sleep(Duration::from_secs(3600)) => {}
        }
    }
}

/// Forgets idempotency keys that are older than two days: 24 hours are promised. And events that were delivered or
/// given up and are older than 30 days. And calls that are over, where a limit is set for them.
///
/// # Errors
/// When the store does not answer.
pub async fn run_once(state: &AppState) -> Result<(), ApiError> {
    let (store, now) = (&state.store, state.clock.now());
    let claimed = now - TimeDelta::days(2);
    in_steps(|limit| store.forget_idempotency_keys(claimed, limit)).await?;
    let settled = now - TimeDelta::days(30);
    in_steps(|limit| store.forget_deliveries(settled, limit)).await?;
    if let Some(retention) = state.call_retention {
        let asked_for = now - retention;
        let purged = in_steps(|limit| store.purge_calls(asked_for, limit)).await?;
        if purged > 0 {
            tracing::info!(purged, "deleted calls that were older than is kept");
        }
    }
    Ok(())
}

/// Deletes step by step, until a step finds less than it may delete; says how much that was in all.
///
/// After each step it rests four times as long as that took. So whoever writes meanwhile finds the database free for
/// most of the time, however fast or slow it is.
///
/// # Errors
/// When a step fails. What the steps before deleted stays deleted.
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
