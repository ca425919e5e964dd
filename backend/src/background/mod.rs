//! What goes on in the background. Each worker has a `run_once` for tests, and none of them polls in vain.

pub mod call_queue;
pub mod orphan_recovery;
pub mod outbox;
pub mod retention;
mod supervisor;
mod tasks;
pub mod webhook_delivery;

use actix_web::web::Data;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::state::AppState;
pub use supervisor::WorkerHealth;
use supervisor::supervise;
pub use tasks::BackgroundTasks;

/// Starts every worker; they end when `stop` changes or its sender is dropped. One that ends before is started again.
#[must_use = "the store may be closed only once the workers have ended"]
pub fn start(state: &Data<AppState>, stop: &watch::Receiver<()>) -> Vec<JoinHandle<()>> {
    let mut workers = vec![
        spawn("fleet poller", state, stop, poll_fleet),
        spawn("queue", state, stop, call_queue::run),
        spawn("webhooks", state, stop, webhook_delivery::run),
        spawn("outbox", state, stop, outbox::run),
        spawn("housekeeping", state, stop, retention::run),
    ];
    if state.store.is_shared() {
        workers.push(spawn("left-over calls", state, stop, orphan_recovery::run));
    }
    workers
}

fn spawn<F>(
    name: &'static str,
    state: &Data<AppState>,
    stop: &watch::Receiver<()>,
    run: fn(Data<AppState>, watch::Receiver<()>) -> F,
) -> JoinHandle<()>
where
    F: Future<Output = ()> + Send + 'static,
{
    let (health, stopped) = (state.worker_health.clone(), stop.clone());
    let (state, stop) = (state.clone(), stop.clone());
    tokio::spawn(supervise(name, health, stopped, move || {
        run(state.clone(), stop.clone())
    }))
}

async fn poll_fleet(state: Data<AppState>, mut stop: watch::Receiver<()>) {
    let stopped = async {
        let _ = stop.changed().await;
    };
    state.fleet.run_poller(stopped).await;
}
