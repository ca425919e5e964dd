//! The clock: made once, at startup, and handed in.

use chrono::{DateTime, SubsecRound as _, Utc};

/// Tells the time.
pub trait Clock: Send + Sync {
    /// The present, in whole microseconds: no engine keeps finer ones, and what was answered is what is stored.
    fn now(&self) -> DateTime<Utc>;
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
}
