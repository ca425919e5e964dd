use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

/// Names the workers that died and have not been started again yet.
#[derive(Clone, Default)]
pub struct WorkerHealth(Arc<Mutex<BTreeSet<&'static str>>>);

impl WorkerHealth {
    /// Whether every worker is running.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.dead().is_empty()
    }

    /// Poisoning is ignored: each change leaves the set consistent.
    fn dead(&self) -> MutexGuard<'_, BTreeSet<&'static str>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Pause before a worker is restarted, so that one that fails repeatedly does not fill the log.
const RESTART_AFTER: Duration = Duration::from_secs(1);

/// Runs a worker until `stop` changes or its sender is dropped. If it panics or returns before, it is logged and started
/// again; until then it is missing in `health`.
pub(super) async fn supervise<F>(
    name: &'static str,
    health: WorkerHealth,
    mut stop: watch::Receiver<()>,
    mut start: impl FnMut() -> F,
) where
    F: Future<Output = ()> + Send + 'static,
{
    loop {
        // In a task of its own, which contains the panic.
        let ended = tokio::spawn(start()).await;
        if !matches!(stop.has_changed(), Ok(false)) {
            return;
        }
        match ended {
            Ok(()) => tracing::error!(worker = name, "background worker ended; will restart"),
            Err(error) => {
                tracing::error!(worker = name, %error, "background worker panicked; will restart");
            }
        }
        health.dead().insert(name);
        tokio::select! {
            _ = stop.changed() => return,
            () = tokio::time::sleep(RESTART_AFTER) => {}
        }
        health.dead().remove(name);
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::mpsc;

    use super::*;

    #[tokio::test]
    async fn a_worker_that_panics_or_returns_is_missing_until_it_is_started_again() {
        let (stop, stopped) = watch::channel(());
        let (health, (started, mut starts)) = (WorkerHealth::default(), mpsc::unbounded_channel());
        let mut run = 0;
        let worker = {
            let stopped = stopped.clone();
            move || {
                run += 1;
                let (run, started, mut stopped) = (run, started.clone(), stopped.clone());
                async move {
                    started.send(run).unwrap();
                    match run {
                        1 => panic!("it dies"),
                        2 => {}
                        _ => drop(stopped.changed().await),
                    }
                }
            }
        };
        let supervised = tokio::spawn(supervise("test", health.clone(), stopped, worker));
        for run in 1..=3 {
            assert_eq!(starts.recv().await, Some(run));
            if run < 3 {
                while health.is_complete() {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
            }
        }
        assert!(health.is_complete());
        drop(stop);
        supervised.await.unwrap();
    }
}
