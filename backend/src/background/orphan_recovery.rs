//! Recovers the calls that another replica left when it died.
//!
//! No replica needs to know which of the others live. A call leaves `reserved` and `sent` within the time that dispatch
//! takes at most; after that, no process is working on it. If one is all the same (it was suspended, and resumes), its next
//! step finds that the call has moved, and it does not dial.

use std::sync::Arc;
use std::time::Duration;

use actix_web::web::Data;
use chrono::TimeDelta;
use ori_store::{Recovered, Replicated, SingleProcess, StaleAfter, StoreError};
use tokio::sync::watch;
use uuid::Uuid;

use crate::dispatch::SEND_WITHIN;
use crate::error::ApiError;
use crate::state::AppState;

/// Recovers orphaned calls at intervals until `stop` changes.
pub async fn run(state: Data<AppState>, store: Arc<dyn Replicated>, mut stop: watch::Receiver<()>) {
    loop {
        if let Err(error) = run_once(&state, &*store).await {
            error.log();
        }
        tokio::select! {
            _ = stop.changed() => return,
            () = tokio::time::sleep(INTERVAL) => {}
        }
    }
}

/// Tries at intervals until the calls that the process before left are recovered, then waits until `stop` changes.
pub async fn run_until_recovered(
    state: Data<AppState>,
    store: Arc<dyn SingleProcess>,
    orphaned: Vec<Uuid>,
    mut stop: watch::Receiver<()>,
) {
    let recovered = async {
        while let Err(error) = recover(&state, &*store, orphaned.clone()).await {
            ApiError::from(error).log();
            tokio::time::sleep(INTERVAL).await;
        }
        std::future::pending::<()>().await;
    };
    tokio::select! {
        _ = stop.changed() => {}
        () = recovered => {}
    }
}

/// Recovers calls that the process before left.
///
/// # Errors
/// Returns the error of the database.
pub async fn recover(
    state: &AppState,
    store: &dyn SingleProcess,
    orphaned: Vec<Uuid>,
) -> Result<(), StoreError> {
    let Recovered { unknown, refused } = store.recover_calls(orphaned, state.clock.now()).await?;
    if unknown + refused > 0 {
        state.webhooks.told.notify_one();
        tracing::warn!(
            unknown,
            refused,
            "recovered calls that were under way when the server last stopped"
        );
    }
    Ok(())
}

const INTERVAL: Duration = Duration::from_secs(10);
/// Time within which the database records an outcome.
const RECORD_WITHIN: TimeDelta = TimeDelta::seconds(20);

/// Recovers the calls that no process can be working on any more.
///
/// # Errors
/// Returns the error of the database.
pub async fn run_once(state: &AppState, store: &dyn Replicated) -> Result<(), ApiError> {
    let dispatch = state.fleet.dial_timeout() + SEND_WITHIN;
    let stale_after = StaleAfter {
        // Nothing was sent. To recover such a call too early costs no more than a repetition of its request.
        reserved: TimeDelta::seconds(30),
        sent: TimeDelta::from_std(dispatch).unwrap_or(TimeDelta::hours(1)) + RECORD_WITHIN,
    };
    let recovered = store
        .recover_orphaned_calls(stale_after, state.clock.now())
        .await?;
    let (unknown, refused) = (recovered.unknown, recovered.refused);
    if unknown + refused > 0 {
        state.webhooks.told.notify_one();
        tracing::warn!(unknown, refused, "recovered calls that another replica left");
    }
    Ok(())
}
