use std::pin::Pin;

use chrono::{DateTime, TimeDelta, Utc};
use ori_backend::clock::Clock;
use tokio::sync::watch;

/// A clock that stands still until it is moved. It starts on 23 November 2026, at noon (UTC).
pub(crate) struct TestClock(watch::Sender<DateTime<Utc>>);

impl TestClock {
    pub(crate) fn new() -> Self {
        let noon: DateTime<Utc> = "2026-11-23T12:00:00Z".parse().unwrap();
        Self(watch::Sender::new(noon))
    }

    pub(crate) fn advance(&self, by: TimeDelta) {
        self.0.send_modify(|now| *now += by);
    }
}

impl Clock for TestClock {
    fn now(&self) -> DateTime<Utc> {
        *self.0.borrow()
    }

    fn until(&self, time: DateTime<Utc>) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        let mut moved = self.0.subscribe();
        Box::pin(async move {
            // The sender lives as long as the clock.
            let _ = moved.wait_for(|now| *now >= time).await;
        })
    }
}
