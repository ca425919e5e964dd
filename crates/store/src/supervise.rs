use std::panic::AssertUnwindSafe;

use futures_util::FutureExt as _;

/// Runs a task to its end, and starts it again from the beginning whenever it panics.
///
/// `start` is called for each run, so that no state of the run that panicked is used again. What that run had in hand
/// is dropped with it.
pub async fn restart_on_panic<F>(task: &'static str, mut start: impl FnMut() -> F)
where
    F: Future<Output = ()>,
{
    while AssertUnwindSafe(start()).catch_unwind().await.is_err() {
        tracing::error!(task, "a task of the store panicked; it is started again");
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn a_task_that_panics_is_started_again_until_it_ends() {
        let runs = Cell::new(0);
        let ended = restart_on_panic("test", || {
            runs.set(runs.get() + 1);
            let run = runs.get();
            async move { assert!(run > 2, "run {run} fails") }
        });
        assert_eq!((ended.now_or_never(), runs.get()), (Some(()), 3));
    }
}
