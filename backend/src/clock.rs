//! The clock: made once, at startup, and handed in.

use std::pin::Pin;
use std::time::Duration;

use chrono::{DateTime, SubsecRound as _, Utc};

/// Tells the time.
pub trait Clock: Send + Sync {
    /// Returns the present in whole microseconds: engines store no finer ones, so a response equals what is stored.
    fn now(&self) -> DateTime<Utc>;

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
