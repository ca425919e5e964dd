//! Sends what is due in the outbox. It sleeps until something is, or may have become so.

use std::time::Duration;

use actix_web::web::Data;
use chrono::{DateTime, TimeDelta, Utc};
use ori_store::{Attempt, Claiming, DueDelivery, Fate};
use tokio::sync::watch;
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::error::ApiError;
use crate::state::AppState;
use crate::webhooks::{Answer, HeldBytes, fate};

/// Sends until it is told to stop, then waits for the attempts that are under way.
pub async fn run(state: Data<AppState>, mut stop: watch::Receiver<()>) {
    let mut attempts = JoinSet::new();
    let lease_owner = state.random.id(state.clock.now());
    loop {
        let next = run_once(&state, lease_owner, &mut attempts)
            .await
            .unwrap_or_else(|error| {
                error.log();
                Some(state.clock.now() + LOOK_AGAIN)
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
            // Whatever was missed: a clock that was set back, or an event whose bearer was gone before it could tell.
            () = tokio::time::sleep(LOOK_ANYWAY) => {}
        }
    }
    let ends = async { while attempts.join_next().await.is_some() {} };
    if tokio::time::timeout(FINISH, ends).await.is_err() {
        tracing::warn!("stopped while webhooks were still being sent: they are sent again");
    }
}

/// Begins as many attempts as are due and may be made at once, and says when to look again, besides when one of them
/// ends or an event is added.
///
/// # Errors
/// When the store does not answer.
pub async fn run_once(
    state: &Data<AppState>,
    claimer: Uuid,
    attempts: &mut JoinSet<()>,
) -> Result<Option<DateTime<Utc>>, ApiError> {
    let mut nothing_claimed_at = None;
    while attempts.len() < AT_ONCE && state.webhooks.held.bytes() < BODIES_MAX_BYTES {
        let now = state.clock.now();
        let due = match state.store.next_delivery_due().await? {
            Some(due) if due <= now => due,
            next => return Ok(next),
        };
        if nothing_claimed_at == Some(due) {
            // All that is due waits for other attempts to end.
            return Ok(Some(now + LOOK_AGAIN));
        }
        let claim = Claiming {
            claimer,
            now,
            lease_until: now + LEASE,
            limit: count(AT_ONCE - attempts.len()),
            unreserved: count((AT_ONCE - RESERVED).saturating_sub(attempts.len())),
            max_bytes: BODIES_MAX_BYTES.saturating_sub(state.webhooks.held.bytes()),
            per_webhook: AT_ONCE_PER_WEBHOOK,
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

/// So many attempts are made at once,
const AT_ONCE: usize = 64;
/// of these so many only to webhooks that have no other under way and whose last one did not fail: however many
/// receivers do not answer, the others are served;
const RESERVED: usize = 16;
/// and so many to one webhook.
const AT_ONCE_PER_WEBHOOK: u32 = 4;
/// No attempt begins while the bodies of those under way have so many bytes. A body may have several megabytes.
const BODIES_MAX_BYTES: usize = 32 * 1024 * 1024;
/// How long an attempt has a delivery to itself: twice as long as it may take.
pub(super) const LEASE: TimeDelta = TimeDelta::seconds(30);
/// When to look again where nothing says when.
const LOOK_AGAIN: TimeDelta = TimeDelta::seconds(5);
/// When to look again whatever was said.
const LOOK_ANYWAY: Duration = Duration::from_secs(60);
/// How long attempts may go on when the server stops: as long as the longest takes.
const FINISH: Duration = Duration::from_secs(16);

async fn attempt(state: Data<AppState>, mut due: DueDelivery, held: HeldBytes) {
    let body = std::mem::take(&mut due.body);
    let answer = state.webhooks.sender.send(&due, body, state.clock.now()).await;
    drop(held);
    let now = state.clock.now();
    let chance = f64::from(state.random.with(|source| source.next_u32())) / f64::from(u32::MAX);
    let fate = fate(&due, &answer, now, chance);
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
        Ok(false) => tracing::debug!(delivery = %due.id, "an attempt that counts no more has ended"),
        // It is sent again when its lease is over.
        Err(error) => ApiError::from(error).log(),
    }
}

/// For ever, where there is nothing to wait for.
async fn until(state: &AppState, next: Option<DateTime<Utc>>) {
    match next {
        Some(time) => state.clock.until(time).await,
        None => std::future::pending().await,
    }
}

/// Without the address: receivers are told apart by secrets in it.
fn log(due: &DueDelivery, answer: &Answer, fate: &Fate) {
    let (delivery, key_id, attempt) = (due.id, due.key, due.attempt);
    let (status, error) = (answer.status, answer.error);
    match fate {
        Fate::Delivered => tracing::debug!(%delivery, %key_id, attempt, status, "delivered an event"),
        Fate::Again(at) => {
            tracing::info!(%delivery, %key_id, attempt, status, error, next = %at, "an event was not taken");
        }
        Fate::GivenUp => tracing::warn!(%delivery, %key_id, attempt, status, error, "gave an event up"),
        Fate::Gone { .. } => tracing::warn!(%delivery, %key_id, "a webhook's receiver answered 410"),
    }
}

fn report(ended: Result<(), tokio::task::JoinError>) {
    if let Err(error) = ended {
        tracing::error!(%error, "an attempt to deliver an event broke");
    }
}
