//! What goes on in the background. Each worker has a `run_once` for tests, and none of them polls in vain.

pub mod housekeeping;
pub mod left_over;
pub mod outbox;
pub mod queue;
mod supervisor;
pub mod webhooks;

use actix_web::web::Data;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::app::App;
pub use supervisor::WorkerHealth;
use supervisor::supervise;

/// Starts every worker; they end when `stop` changes or its sender is dropped. One that ends before is started again.
/// `orphans_remain` is whether orphaned calls may not have been recovered at the start.
#[must_use = "the store may be closed only once the workers have ended"]
pub fn start(app: &Data<App>, stop: &watch::Receiver<()>, orphans_remain: bool) -> Vec<JoinHandle<()>> {
    let mut workers = vec![
        spawn("fleet poller", app, stop, poll_fleet),
        spawn("queue", app, stop, queue::run),
        spawn("webhooks", app, stop, webhooks::run),
        spawn("outbox", app, stop, outbox::run),
        spawn("housekeeping", app, stop, housekeeping::run),
    ];
    if orphans_remain {
        workers.push(spawn("left-over calls", app, stop, left_over::run));
    }
    workers
}

fn spawn<F>(
    name: &'static str,
    app: &Data<App>,
    stop: &watch::Receiver<()>,
    run: fn(Data<App>, watch::Receiver<()>) -> F,
) -> JoinHandle<()>
where
    F: Future<Output = ()> + Send + 'static,
{
    let (health, stopped) = (app.worker_health.clone(), stop.clone());
    let (app, stop) = (app.clone(), stop.clone());
    tokio::spawn(supervise(name, health, stopped, move || {
        run(app.clone(), stop.clone())
    }))
}

async fn poll_fleet(app: Data<App>, mut stop: watch::Receiver<()>) {
    let stopped = async {
        let _ = stop.changed().await;
    };
    app.fleet.run_poller(stopped).await;
}
