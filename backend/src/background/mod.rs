//! Background work: supervised workers, each with a `run_once` for tests, and tasks that outlive their request.

pub mod call_queue;
pub mod orphan_recovery;
pub mod outbox;
mod reading;
pub mod retention;
mod supervisor;
mod tasks;
pub mod webhook_delivery;

use actix_web::web::Data;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use uuid::Uuid;

use crate::state::AppState;
pub use supervisor::WorkerHealth;
use supervisor::supervise;
pub use tasks::BackgroundTasks;

/// Starts every worker. Workers end when `stop` changes or its sender is dropped; one that ends before is restarted.
/// `orphaned` are calls that the process before left, and that could not be recovered yet.
#[must_use = "the store may be closed only once the workers have ended"]
pub fn start(state: &Data<AppState>, stop: &watch::Receiver<()>, orphaned: Vec<Uuid>) -> Vec<JoinHandle<()>> {
    let mut workers = vec![
        spawn("fleet poller", state, stop, poll_fleet),
        spawn("call queue", state, stop, call_queue::run),
        spawn("webhook delivery", state, stop, webhook_delivery::run),
        spawn("outbox", state, stop, outbox::run),
        spawn("retention", state, stop, retention::run),
    ];
    if let Some(store) = state.coordination.replicated() {
        let store = store.clone();
        workers.push(spawn("orphan recovery", state, stop, move |state, stop| {
            orphan_recovery::run(state, store.clone(), stop)
        }));
    }
    if let Some(store) = state.coordination.single_process()
        && !orphaned.is_empty()
    {
        let store = store.clone();
        workers.push(spawn("orphan recovery", state, stop, move |state, stop| {
            orphan_recovery::run_until_recovered(state, store.clone(), orphaned.clone(), stop)
        }));
    }
    workers
}

fn spawn<F>(
    name: &'static str,
    state: &Data<AppState>,
    stop: &watch::Receiver<()>,
    run: impl Fn(Data<AppState>, watch::Receiver<()>) -> F + Send + 'static,
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
