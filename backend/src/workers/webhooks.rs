//! Sends what is due in the outbox. It sleeps until something is, or may have become so.

use std::time::Duration;

use actix_web::web::Data;
use chrono::{DateTime, TimeDelta, Utc};
use ori_store::{Attempt, Claiming, DueDelivery, Fate};
use tokio::sync::watch;
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::app::App;
use crate::error::ApiError;
use crate::webhooks::{Answer, fate};

/// Sends until it is told to stop, then waits for the attempts that are under way.
pub async fn run(app: Data<App>, mut stop: watch::Receiver<()>) {
    let mut attempts = JoinSet::new();
    let claimer = app.random.id(app.clock.now());
    // At the start as well: the clock may have been set back while no server ran.
    let mut seen = DateTime::<Utc>::MAX_UTC;
    loop {
        follow_clock(&app, &mut seen).await;
        let next = run_once(&app, claimer, &mut attempts)
            .await
            .unwrap_or_else(|error| {
                error.log();
                Some(app.clock.now() + LOOK_AGAIN)
            });
        // What is added on another replica wakes nobody here, and that one may be gone.
        let elsewhere = app.store.is_shared().then(|| app.clock.now() + LOOK_AGAIN);
        let next = next.into_iter().chain(elsewhere).min();
        tokio::select! {
            _ = stop.changed() => break,
            () = app.webhooks.told.notified() => {}
            Some(ended) = attempts.join_next() => report(ended),
            () = until(&app, next) => {}
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
    app: &Data<App>,
    claimer: Uuid,
    attempts: &mut JoinSet<()>,
) -> Result<Option<DateTime<Utc>>, ApiError> {
    while attempts.len() < AT_ONCE {
        let now = app.clock.now();
        match app.store.next_delivery_due().await? {
            Some(due) if due <= now => {}
            next => return Ok(next),
        }
        let claim = Claiming {
            claimer,
            now,
            lease_until: now + LEASE,
            limit: u32::try_from(AT_ONCE - attempts.len()).unwrap_or(u32::MAX),
            per_webhook: AT_ONCE_PER_WEBHOOK,
        };
        let claimed = app.store.claim_due_deliveries(claim).await?;
        if claimed.is_empty() {
            // All that is due waits for others of its webhook to end.
            return Ok(Some(now + LOOK_AGAIN));
        }
        for due in claimed {
            attempts.spawn(attempt(app.clone(), due));
        }
    }
    Ok(None)
}

/// So many attempts are made at once,
const AT_ONCE: usize = 64;
/// and of these so many to one webhook, so that a slow one holds up no other.
const AT_ONCE_PER_WEBHOOK: u32 = 4;
/// How long an attempt has a delivery to itself: twice as long as it may take.
const LEASE: TimeDelta = TimeDelta::seconds(30);
/// When to look again where nothing says when.
const LOOK_AGAIN: TimeDelta = TimeDelta::seconds(5);
/// When to look again whatever was said.
const LOOK_ANYWAY: Duration = Duration::from_secs(60);
/// How long attempts may go on when the server stops: as long as the longest takes.
const FINISH: Duration = Duration::from_secs(16);

/// Where the clock was set back, what was put off by it would wait until it has caught up.
async fn follow_clock(app: &App, seen: &mut DateTime<Utc>) {
    let now = app.clock.now();
    if now < *seen
        && let Err(error) = app.store.hasten_deliveries(now, now + LEASE).await
    {
        return ApiError::from(error).log();
    }
    *seen = now;
}

async fn attempt(app: Data<App>, due: DueDelivery) {
    let answer = app.webhooks.sender.send(&due, app.clock.now()).await;
    let now = app.clock.now();
    let chance = f64::from(app.random.with(|source| source.next_u32())) / f64::from(u32::MAX);
    let fate = fate(&due, &answer, now, chance);
    log(&due, &answer, &fate);
    let attempt = Attempt {
        delivery: due.id,
        attempt: due.attempt,
        status: answer.status,
        error: answer.error,
        fate,
        now,
    };
    match app.store.record_delivery_attempt(attempt).await {
        Ok(true) => {}
        Ok(false) => tracing::debug!(delivery = %due.id, "an attempt that counts no more has ended"),
        // It is sent again when its lease is over.
        Err(error) => ApiError::from(error).log(),
    }
}

/// For ever, where there is nothing to wait for.
async fn until(app: &App, next: Option<DateTime<Utc>>) {
    match next {
        Some(time) => app.clock.until(time).await,
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
        Fate::Gone { .. } => tracing::warn!(%delivery, %key_id, "a webhook's receiver is gone: disabled it"),
    }
}

fn report(ended: Result<(), tokio::task::JoinError>) {
    if let Err(error) = ended {
        tracing::error!(%error, "an attempt to deliver an event broke");
    }
}
