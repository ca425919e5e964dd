//! The clock: made once, at startup, and handed in.

use std::pin::Pin;
use std::time::Duration;

use chrono::{DateTime, SubsecRound as _, Utc};
use tokio::time::Instant;

/// Source of the current time.
pub trait Clock: Send + Sync {
    /// Returns the present in whole microseconds: engines store no finer ones, so a response equals what is stored.
    fn now(&self) -> DateTime<Utc>;

    /// The monotonic clock, which is never set. Only differences mean something.
    fn monotonic(&self) -> Instant;

    /// Waits until the monotonic clock has advanced by that much.
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>>;

    /// Waits until it is that time.
    fn until(&self, time: DateTime<Utc>) -> Pin<Box<dyn Future<Output = ()> + Send + '_>>;
}

/// The machine's clock.
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one clock that all others stand for"
    )]
    fn now(&self) -> DateTime<Utc> {
        DateTime::<Utc>::from(std::time::SystemTime::now()).trunc_subsecs(6)
    }

    fn monotonic(&self) -> Instant {
        Instant::now()
    }

    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(tokio::time::sleep(duration))
    }

    fn until(&self, time: DateTime<Utc>) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(async move {
            while let Ok(left) = (time - self.now()).to_std()
                && !left.is_zero()
            {
                tokio::time::sleep(left.min(LOOK_AGAIN)).await;
            }
        })
    }
}

/// A clock that is set is noticed within that time.
const LOOK_AGAIN: Duration = Duration::from_secs(60);
