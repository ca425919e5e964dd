//! What goes on in the background. Each worker has a `run_once` for tests, and none of them polls in vain.

pub mod housekeeping;
pub mod left_over;
pub mod queue;
pub mod webhooks;

use actix_web::web::Data;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::app::App;

/// Starts every worker; they end when `stop` changes or its sender is gone.
#[must_use = "the store may be closed only once the workers have ended"]
pub fn start(app: &Data<App>, stop: &watch::Receiver<()>) -> [JoinHandle<()>; 5] {
    let fleet = app.fleet.clone();
    let mut stopped = stop.clone();
    let stopped = async move {
        let _ = stopped.changed().await;
    };
    [
        tokio::spawn(async move { fleet.run_poller(stopped).await }),
        tokio::spawn(queue::run(app.clone(), stop.clone())),
        tokio::spawn(webhooks::run(app.clone(), stop.clone())),
        tokio::spawn(housekeeping::run(app.clone(), stop.clone())),
        tokio::spawn(left_over::run(app.clone(), stop.clone())),
    ]
}
