//! Tasks that outlive the request that started them.

use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::runtime::Handle;
use tokio::task::JoinHandle;
use tokio_util::task::TaskTracker;
use tokio_util::task::task_tracker::TaskTrackerToken;
use tracing::{Instrument as _, Span};

use crate::error::ApiResult;

/// Runs changes to completion, even if the client disconnects: each is either finished or not begun. Every handler that
/// changes something uses it.
pub struct BackgroundTasks {
    tasks: TaskTracker,
    runtime: Handle,
}

impl BackgroundTasks {
    /// Runs tasks on the current runtime, which must outlive the server's threads.
    #[must_use]
    pub fn here() -> Self {
        Self {
            tasks: TaskTracker::new(),
            runtime: Handle::current(),
        }
    }

    /// Spawns a task, within the current span. Connections that it opens stay usable when a server thread ends.
    pub fn spawn<T: Send + 'static>(&self, task: impl Future<Output = T> + Send + 'static) -> JoinHandle<T> {
        self.tasks.spawn_on(task.in_current_span(), &self.runtime)
    }

    /// Runs `work` on the current thread, which saves the way to another thread and back. If the returned future is
    /// dropped, a task completes the work; an error is then logged.
    pub fn run_to_completion<T: Send + 'static>(
        &self,
        work: impl Future<Output = ApiResult<T>> + Send + 'static,
    ) -> impl Future<Output = ApiResult<T>> {
        RunToCompletion {
            work: Some(Box::pin(work)),
            tasks: self.tasks.clone(),
            runtime: self.runtime.clone(),
            span: Span::current(),
            _unfinished: self.tasks.token(),
        }
    }

    /// Waits until all tasks have ended. No task may be started meanwhile.
    pub async fn finish(&self) {
        self.tasks.close();
        self.tasks.wait().await;
    }
}

struct RunToCompletion<T: Send + 'static> {
    /// `None` once it has ended, or panicked.
    work: Option<Pin<Box<dyn Future<Output = ApiResult<T>> + Send>>>,
    tasks: TaskTracker,
    runtime: Handle,
    span: Span,
    _unfinished: TaskTrackerToken,
}

impl<T: Send + 'static> Future for RunToCompletion<T> {
    type Output = ApiResult<T>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<ApiResult<T>> {
        // Work that panics must not be polled again.
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
            self.tasks
                .spawn_on(rest.instrument(self.span.clone()), &self.runtime);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tokio::sync::{Notify, oneshot};

    use super::*;

    #[actix_web::test]
    async fn awaited_work_completes_in_place() {
        let tasks = BackgroundTasks::here();
        assert_eq!(tasks.run_to_completion(async { Ok(7) }).await.unwrap(), 7);
        tasks.finish().await;
    }

    #[actix_web::test]
    async fn work_that_is_dropped_half_way_completes_before_finish_returns() {
        let tasks = BackgroundTasks::here();
        let (go_on, (ended, mut end)) = (Arc::new(Notify::new()), oneshot::channel());
        let half_way = go_on.clone();
        let mut work = Box::pin(tasks.run_to_completion(async move {
            half_way.notified().await;
            ended.send("ended").unwrap();
            Ok(())
        }));
        assert!(futures_util::poll!(&mut work).is_pending());
        drop(work);
        assert!(end.try_recv().is_err());
        go_on.notify_one();
        tasks.finish().await;
        assert_eq!(end.try_recv(), Ok("ended"));
    }

    #[actix_web::test]
    async fn work_that_is_never_polled_completes_too() {
        let tasks = BackgroundTasks::here();
        let (ended, mut end) = oneshot::channel();
        drop(tasks.run_to_completion(async move {
            ended.send("ended").unwrap();
            Ok(())
        }));
        tasks.finish().await;
        assert_eq!(end.try_recv(), Ok("ended"));
    }
}
