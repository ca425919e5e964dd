//! Readings of the clocks, two of which decide what is old enough to be deleted or ended.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::time::Instant;

use crate::clock::Clock;

/// The wall clock and the monotonic clock at the same moment.
///
/// One reading of the wall clock decides no deletion: a clock that is days ahead, even for a moment, makes everything look
/// old.
#[derive(Clone, Copy)]
pub(super) struct Reading {
    pub(super) wall: DateTime<Utc>,
    monotonic: Instant,
}

impl Reading {
    pub(super) fn of(clock: &dyn Clock) -> Self {
        Self {
            wall: clock.now(),
            monotonic: clock.monotonic(),
        }
    }

    /// Returns the time between two readings.
    pub(super) fn elapsed_since(self, earlier: Self) -> Duration {
        self.monotonic - earlier.monotonic
    }

    /// Returns the time by which something has to be old at both readings; `None` if the wall clock was set between them, or
    /// the machine slept.
    pub(super) fn confirms(self, earlier: Self) -> Option<DateTime<Utc>> {
        let elapsed = TimeDelta::from_std(self.elapsed_since(earlier)).ok()?;
        let drift = (self.wall - earlier.wall - elapsed).abs();
        (drift <= MAX_DRIFT).then_some(earlier.wall.min(self.wall))
    }
}

/// Time synchronisation that slews the clock stays far below this within an hour.
const MAX_DRIFT: TimeDelta = TimeDelta::seconds(30);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_confirmed_only_by_a_clock_that_was_not_set() {
        let start = Instant::now();
        let reading = |wall: i64, monotonic: u64| Reading {
            wall: DateTime::UNIX_EPOCH + TimeDelta::seconds(wall),
            monotonic: start + Duration::from_secs(monotonic),
        };
        for ((wall, monotonic), confirmed) in [
            ((3600, 3600), Some(0)),
            ((3602, 3600), Some(0)),
            ((0, 0), Some(0)),
            ((-5, 0), Some(-5)),
            ((3640, 3600), None),
            ((259_200, 3600), None),
            ((-259_200, 3600), None),
        ] {
            let told = reading(wall, monotonic).confirms(reading(0, 0));
            assert_eq!(told.map(|time| time.timestamp()), confirmed, "{wall} {monotonic}");
        }
    }
}
