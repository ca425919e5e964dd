//! What goes on in the background. Each worker has a `run_once` for tests, and none of them polls in vain.

pub mod housekeeping;
pub mod queue;

use actix_web::web::Data;
use tokio::sync::watch;

use crate::app::App;

/// Starts every worker; they end when `stop` changes or its sender is gone.
pub fn start(app: &Data<App>, stop: &watch::Receiver<()>) {
    let fleet = app.fleet.clone();
    let mut stopped = stop.clone();
    tokio::spawn(async move {
        fleet
            .run_poller(async move {
                let _ = stopped.changed().await;
            })
            .await;
    });
    tokio::spawn(queue::run(app.clone(), stop.clone()));
    tokio::spawn(housekeeping::run(app.clone(), stop.clone()));
}
