//! Forgets what is no longer needed.

use std::time::Duration;

use actix_web::web::Data;
use chrono::TimeDelta;
use tokio::sync::watch;

use crate::app::App;
use crate::error::ApiError;

/// Forgets at the start and then each hour.
pub async fn run(app: Data<App>, mut stop: watch::Receiver<()>) {
    loop {
        if let Err(error) = run_once(&app).await {
            error.log();
        }
        tokio::select! {
            _ = stop.changed() => return,
            () = tokio::time::sleep(Duration::from_secs(3600)) => {}
        }
    }
}

/// Forgets idempotency keys that are older than two days: 24 hours are promised. And events that were delivered or given
/// up and are older than 30 days.
///
/// # Errors
/// When the store does not answer.
pub async fn run_once(app: &App) -> Result<(), ApiError> {
    let now = app.clock.now();
    app.store
        .forget_idempotency_keys(now - TimeDelta::days(2))
        .await?;
    Ok(app.store.forget_deliveries(now - TimeDelta::days(30)).await?)
}
