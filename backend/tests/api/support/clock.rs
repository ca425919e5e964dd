use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use ori_backend::clock::Clock;
use tokio::sync::watch;
use tokio::time::Instant;

/// A clock that stands still until it is moved. It starts on 23 November 2026, at noon (UTC).
pub(crate) struct TestClock {
    time: watch::Sender<DateTime<Utc>>,
    started: Instant,
    /// How much time has passed, as opposed to how the clock was set.
    passed: watch::Sender<Duration>,
    /// How many sleeps have begun.
    sleeps: watch::Sender<usize>,
    is_broken: AtomicBool,
}

impl TestClock {
    pub(crate) fn new() -> Self {
        let noon: DateTime<Utc> = "2026-11-23T12:00:00Z".parse().unwrap();
        Self {
            time: watch::Sender::new(noon),
            started: Instant::now(),
            passed: watch::Sender::new(Duration::ZERO),
            sleeps: watch::Sender::new(0),
            is_broken: AtomicBool::new(false),
        }
    }

    /// Sets the clock. Meanwhile, no time passes.
    pub(crate) fn advance(&self, by: TimeDelta) {
        self.time.send_modify(|now| *now += by);
    }

    /// Lets that much time pass.
    pub(crate) fn elapse(&self, by: Duration) {
        self.advance(TimeDelta::from_std(by).unwrap());
        self.passed.send_modify(|passed| *passed += by);
    }

    /// Lets that much time pass, by which the one that sleeps wakes up, and waits until it sleeps again.
    pub(crate) async fn pass(&self, by: Duration) {
        let mut sleeps = self.sleeps.subscribe();
        let before = *sleeps.wait_for(|begun| *begun > 0).await.unwrap();
        self.elapse(by);
        sleeps.wait_for(|begun| *begun > before).await.unwrap();
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

    fn monotonic(&self) -> Instant {
        self.started + *self.passed.borrow()
    }

    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        let mut passed = self.passed.subscribe();
        let end = *passed.borrow() + duration;
        self.sleeps.send_modify(|begun| *begun += 1);
        Box::pin(async move {
            // The sender lives as long as the clock.
            let _ = passed.wait_for(|passed| *passed >= end).await;
        })
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
