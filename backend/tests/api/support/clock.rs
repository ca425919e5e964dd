use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};

use chrono::{DateTime, TimeDelta, Utc};
use ori_backend::clock::Clock;
use tokio::sync::watch;

/// A clock that stands still until it is moved. It starts on 23 November 2026, at noon (UTC).
pub(crate) struct TestClock {
    time: watch::Sender<DateTime<Utc>>,
    is_broken: AtomicBool,
}

impl TestClock {
    pub(crate) fn new() -> Self {
        let noon: DateTime<Utc> = "2026-11-23T12:00:00Z".parse().unwrap();
        Self {
            time: watch::Sender::new(noon),
            is_broken: AtomicBool::new(false),
        }
    }

    pub(crate) fn advance(&self, by: TimeDelta) {
        self.time.send_modify(|now| *now += by);
    }

    /// While it is broken, a worker that begins to wait for a time panics.
    pub(crate) fn set_broken(&self, is_broken: bool) {
        self.is_broken.store(is_broken, Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> DateTime<Utc> {
        *self.time.borrow()
    }

    fn until(&self, time: DateTime<Utc>) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        assert!(!self.is_broken.load(Ordering::SeqCst), "the clock is broken");
        let mut moved = self.time.subscribe();
        Box::pin(async move {
            // The sender lives as long as the clock.
            let _ = moved.wait_for(|now| *now >= time).await;
        })
    }
}
