//! Sends the events of the outbox that are due. Sleeps until one is, or may be.

use std::time::Duration;

use actix_web::web::Data;
use chrono::{DateTime, TimeDelta, Utc};
use ori_store::{Attempt, DueDelivery, Fate, LeaseRequest};
use tokio::sync::watch;
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::error::ApiError;
use crate::state::AppState;
use crate::webhooks::{Answer, HeldBytes, next_attempt};

/// Sends until `stop` changes, then waits for the attempts that are under way.
pub async fn run(state: Data<AppState>, mut stop: watch::Receiver<()>) {
    let mut attempts = JoinSet::new();
    let lease_owner = state.random.id(state.clock.now());
    loop {
        let next = run_once(&state, lease_owner, &mut attempts)
            .await
            .unwrap_or_else(|error| {
                error.log();
                Some(state.clock.now() + RETRY_INTERVAL)
            });
        // An event that is added on another replica wakes no worker here.
        let rescan = state.coordination.rescan_interval();
        let next = next
            .into_iter()
            .chain(rescan.map(|pause| state.clock.now() + pause))
            .min();
        tokio::select! {
            _ = stop.changed() => break,
            () = state.webhooks.told.notified() => {}
            Some(ended) = attempts.join_next() => report(ended),
            () = until(&state, next) => {}
            // In case a notification was missed: the clock was set back, or a replica died before it notified.
            () = tokio::time::sleep(MAX_SLEEP) => {}
        }
    }
    let ends = async { while attempts.join_next().await.is_some() {} };
    if tokio::time::timeout(FINISH, ends).await.is_err() {
        tracing::warn!("stopped while webhooks were being sent; they will be sent again");
    }
}

/// Begins as many attempts as are due and permitted at once. Returns when to run again, besides when one of them ends or an
/// event is added.
///
/// # Errors
/// Returns the error of the database.
pub async fn run_once(
    state: &Data<AppState>,
    claimer: Uuid,
    attempts: &mut JoinSet<()>,
) -> Result<Option<DateTime<Utc>>, ApiError> {
    let mut nothing_claimed_at = None;
    while attempts.len() < MAX_CONCURRENT && state.webhooks.held.bytes() < BODIES_MAX_BYTES {
        let now = state.clock.now();
        let due = match state.store.next_delivery_due().await? {
            Some(due) if due <= now => due,
            next => return Ok(next),
        };
        if nothing_claimed_at == Some(due) {
            // All that is due waits for other attempts to end.
            return Ok(Some(now + RETRY_INTERVAL));
        }
        let claim = LeaseRequest {
            claimer,
            now,
            lease_until: now + LEASE,
            limit: count(MAX_CONCURRENT - attempts.len()),
            unreserved: count((MAX_CONCURRENT - RESERVED).saturating_sub(attempts.len())),
            max_bytes: BODIES_MAX_BYTES.saturating_sub(state.webhooks.held.bytes()),
            per_webhook: MAX_CONCURRENT_PER_WEBHOOK,
        };
        let claimed = state.store.claim_due_deliveries(claim).await?;
        nothing_claimed_at = claimed.is_empty().then_some(due);
        for due in claimed {
            let held = state.webhooks.held.hold(due.body.len());
            attempts.spawn(attempt(state.clone(), due, held));
        }
    }
    Ok(None)
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// Maximum number of concurrent attempts.
const MAX_CONCURRENT: usize = 64;
/// Number of attempts that are reserved for webhooks that have no other under way and whose last one did not fail: however many
/// receivers do not respond, the others are served.
const RESERVED: usize = 16;
/// Maximum number of concurrent attempts to one webhook.
const MAX_CONCURRENT_PER_WEBHOOK: u32 = 4;
/// No attempt begins while the bodies of those under way exceed this. A body may have several megabytes.
const BODIES_MAX_BYTES: usize = 32 * 1024 * 1024;
/// Duration of a lease: twice the time limit of an attempt.
pub(super) const LEASE: TimeDelta = TimeDelta::seconds(30);
/// Pause after an error, or while all due deliveries wait for attempts to end.
const RETRY_INTERVAL: TimeDelta = TimeDelta::seconds(5);
/// Maximum pause.
const MAX_SLEEP: Duration = Duration::from_secs(60);
/// Time limit of attempts when the server stops.
const FINISH: Duration = Duration::from_secs(16);

async fn attempt(state: Data<AppState>, mut due: DueDelivery, held: HeldBytes) {
    let body = std::mem::take(&mut due.body);
    let answer = state.webhooks.sender.send(&due, body, state.clock.now()).await;
    drop(held);
    let now = state.clock.now();
    let chance = f64::from(state.random.with(|source| source.next_u32())) / f64::from(u32::MAX);
    let fate = next_attempt(&due, &answer, now, chance);
    log(&due, &answer, &fate);
    let is_gone = matches!(fate, Fate::Gone { .. });
    let attempt = Attempt {
        delivery: due.id,
        attempt: due.attempt,
        status: answer.status,
        error: answer.error,
        fate,
        now,
    };
    match state.store.record_delivery_attempt(attempt).await {
        Ok(true) if is_gone => state.webhooks.ended.notify_one(),
        Ok(true) => {}
        Ok(false) => tracing::debug!(delivery = %due.id, "result of an expired delivery lease discarded"),
        // The event is sent again when its lease expires.
        Err(error) => ApiError::from(error).log(),
    }
}

/// Waits until that time; for ever if there is none.
async fn until(state: &AppState, next: Option<DateTime<Utc>>) {
    match next {
        Some(time) => state.clock.until(time).await,
        None => std::future::pending().await,
    }
}

/// Logs an attempt, without the address, which may contain a secret.
fn log(due: &DueDelivery, answer: &Answer, fate: &Fate) {
    let (delivery, key_id, attempt) = (due.id, due.key, due.attempt);
    let (status, error) = (answer.status, answer.error);
    match fate {
        Fate::Delivered => tracing::debug!(%delivery, %key_id, attempt, status, "webhook delivered"),
        Fate::Again(at) => {
            tracing::info!(%delivery, %key_id, attempt, status, error, next = %at, "webhook delivery failed; will retry");
        }
        Fate::GivenUp => {
            tracing::warn!(%delivery, %key_id, attempt, status, error, "webhook delivery failed for good");
        }
        Fate::Gone { .. } => {
            tracing::warn!(%delivery, %key_id, "webhook disabled: its receiver responded with 410");
        }
    }
}

fn report(ended: Result<(), tokio::task::JoinError>) {
    if let Err(error) = ended {
        tracing::error!(%error, "webhook delivery attempt panicked");
    }
}
