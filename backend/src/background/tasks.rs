//! What goes on when a request does not.

use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::runtime::Handle;
use tokio::task::JoinHandle;
use tokio_util::task::TaskTracker;
use tokio_util::task::task_tracker::TaskTrackerToken;

use crate::error::ApiResult;

/// The recording and dialling of calls, and whatever else does not end with the request that asked for it: a client that
/// goes away must not leave a call half recorded or half dialled, nor a key changed with nothing of it in the log.
pub struct BackgroundTasks {
    tasks: TaskTracker,
    runtime: Handle,
}

impl BackgroundTasks {
    /// On the runtime of whoever calls this: the one that outlives the server.
    #[must_use]
    pub fn here() -> Self {
        Self {
            tasks: TaskTracker::new(),
            runtime: Handle::current(),
        }
    }

    /// Runs one here from the beginning: what it connects to stays when a thread stops serving.
    pub fn spawn<T: Send + 'static>(&self, dial: impl Future<Output = T> + Send + 'static) -> JoinHandle<T> {
        self.tasks.spawn_on(dial, &self.runtime)
    }

    /// Runs one where it is awaited. If that ends half-way, it goes on here. It has no way from thread to thread and
    /// back.
    pub fn run_to_completion<T: Send + 'static>(
        &self,
        work: impl Future<Output = ApiResult<T>> + Send + 'static,
    ) -> impl Future<Output = ApiResult<T>> {
        RunToCompletion {
            work: Some(Box::pin(work)),
            tasks: self.tasks.clone(),
            runtime: self.runtime.clone(),
            _unfinished: self.tasks.token(),
        }
    }

    /// Waits until all have ended. No other may be started meanwhile.
    pub async fn finish(&self) {
        self.tasks.close();
        self.tasks.wait().await;
    }
}

struct RunToCompletion<T: Send + 'static> {
    /// Until it has ended.
    work: Option<Pin<Box<dyn Future<Output = ApiResult<T>> + Send>>>,
    tasks: TaskTracker,
    runtime: Handle,
    _unfinished: TaskTrackerToken,
}

impl<T: Send + 'static> Future for RunToCompletion<T> {
    type Output = ApiResult<T>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<ApiResult<T>> {
        // What breaks here must not be gone on with.
        let Some(mut work) = self.work.take() else {
            return Poll::Pending;
        };
        let outcome = work.as_mut().poll(context);
        if outcome.is_pending() {
            self.work = Some(work);
        }
        outcome
    }
}

impl<T: Send + 'static> Drop for RunToCompletion<T> {
    fn drop(&mut self) {
        if let Some(work) = self.work.take() {
            let rest = async {
                if let Err(error) = work.await {
                    error.log();
                }
            };
            self.tasks.spawn_on(rest, &self.runtime);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tokio::sync::{Notify, oneshot};

    use super::*;

    #[actix_web::test]
    async fn what_is_awaited_to_its_end_ends_there() {
        let dials = BackgroundTasks::here();
        assert_eq!(dials.run_to_completion(async { Ok(7) }).await.unwrap(), 7);
        dials.finish().await;
    }

    #[actix_web::test]
    async fn what_is_given_up_half_way_goes_on_and_is_waited_for() {
        let dials = BackgroundTasks::here();
        let (go_on, (ended, mut end)) = (Arc::new(Notify::new()), oneshot::channel());
        let half_way = go_on.clone();
        let mut work = Box::pin(dials.run_to_completion(async move {
            half_way.notified().await;
            ended.send("ended").unwrap();
            Ok(())
        }));
        assert!(futures_util::poll!(&mut work).is_pending());
        drop(work);
        assert!(end.try_recv().is_err());
        go_on.notify_one();
        dials.finish().await;
        assert_eq!(end.try_recv(), Ok("ended"));
    }

    #[actix_web::test]
    async fn what_is_never_awaited_goes_on_too() {
        let dials = BackgroundTasks::here();
        let (ended, mut end) = oneshot::channel();
        drop(dials.run_to_completion(async move {
            ended.send("ended").unwrap();
            Ok(())
        }));
        dials.finish().await;
        assert_eq!(end.try_recv(), Ok("ended"));
    }
}
