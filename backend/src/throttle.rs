//! Slows down whoever fails too often, without a word to the database.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};

/// Counts failures per subject (an address, an account) by the generic cell rate algorithm: so many at once, then
/// one per interval. What it knows is of this process alone and is forgotten at a restart.
pub struct Throttle<K> {
    rate: Rate,
    /// For each subject, the time at which it will have been forgiven everything.
    forgiven_at: Mutex<HashMap<K, DateTime<Utc>>>,
}

/// How many failures are let pass.
#[derive(Clone, Copy, Debug)]
pub struct Rate {
    /// So many at once.
    pub burst: i32,
    /// Then one each time so long has passed.
    pub interval: TimeDelta,
}

impl<K: Eq + Hash> Throttle<K> {
    /// A throttle that has seen nothing.
    #[must_use]
    pub fn new(rate: Rate) -> Self {
        Self {
            rate,
            forgiven_at: Mutex::default(),
        }
    }

    /// Counts an attempt as failed before it is made, so that attempts in parallel count too; one that succeeds is
    /// given back by [`Self::forgive`].
    ///
    /// # Errors
    /// How long to wait where there were too many.
    pub fn charge(&self, subject: K, now: DateTime<Utc>) -> Result<(), TimeDelta> {
        let mut all = self.forgiven_at.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= MAX_SUBJECTS {
            all.retain(|_, forgiven_at| *forgiven_at > now);
        }
        let full = self.rate.interval * self.rate.burst;
        // Nobody can owe more than the burst. What seems to be more was noted before the clock was set back, and would
        // keep out even who never failed until the clock has caught up: it is void.
        let known = all.get(&subject).copied().filter(|before| *before <= now + full);
        let after = known.unwrap_or(now).max(now) + self.rate.interval;
        let wait = after - now - full;
        if wait > TimeDelta::zero() {
            return Err(wait);
        }
        // Full of the guilty: who is new is let pass rather than that anyone is forgotten or the memory grows.
        if all.len() < MAX_SUBJECTS || all.contains_key(&subject) {
            all.insert(subject, after);
        }
        Ok(())
    }

    /// Takes back what [`Self::charge`] counted.
    pub fn forgive(&self, subject: &K) {
        let mut all = self.forgiven_at.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(forgiven_at) = all.get_mut(subject) {
            *forgiven_at -= self.rate.interval;
        }
    }
}

/// Bounds the memory: some 20 MB at the most, with the longest e-mail addresses.
const MAX_SUBJECTS: usize = 50_000;

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: Rate = Rate {
        burst: 3,
        interval: TimeDelta::seconds(10),
    };

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap()
    }

    #[test]
    fn after_the_burst_one_attempt_passes_per_interval() {
        let throttle = Throttle::new(RATE);
        for _ in 0..3 {
            assert_eq!(throttle.charge("eve", at(0)), Ok(()));
        }
        assert_eq!(throttle.charge("eve", at(0)), Err(TimeDelta::seconds(10)));
        assert_eq!(throttle.charge("eve", at(9)), Err(TimeDelta::seconds(1)));
        assert_eq!(throttle.charge("eve", at(10)), Ok(()));
        assert!(throttle.charge("eve", at(10)).is_err());
    }

    #[test]
    fn a_neighbour_is_not_locked_out() {
        let throttle = Throttle::new(RATE);
        while throttle.charge("eve", at(0)).is_ok() {}
        assert_eq!(throttle.charge("ada", at(0)), Ok(()));
    }

    #[test]
    fn a_clock_that_is_set_back_lengthens_no_wait_and_throttles_on() {
        let throttle = Throttle::new(RATE);
        while throttle.charge("eve", at(86_400)).is_ok() {}
        for _ in 0..3 {
            assert_eq!(throttle.charge("eve", at(0)), Ok(()));
        }
        assert_eq!(throttle.charge("eve", at(0)), Err(TimeDelta::seconds(10)));
    }

    #[test]
    fn successes_cost_nothing() {
        let throttle = Throttle::new(RATE);
        for _ in 0..100 {
            assert_eq!(throttle.charge("ada", at(0)), Ok(()));
            throttle.forgive(&"ada");
        }
    }

    #[test]
    fn the_number_of_subjects_is_bounded_and_the_forgiven_make_room() {
        let throttle = Throttle::new(RATE);
        for subject in 0..MAX_SUBJECTS + 10 {
            assert_eq!(throttle.charge(subject, at(0)), Ok(()));
        }
        let known = |throttle: &Throttle<usize>| throttle.forgiven_at.lock().unwrap().len();
        assert_eq!(known(&throttle), MAX_SUBJECTS);
        assert_eq!(throttle.charge(usize::MAX, at(60)), Ok(()));
        assert_eq!(known(&throttle), 1);
    }
}
