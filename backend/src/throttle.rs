//! Limits failed attempts by the generic cell rate algorithm (GCRA): a burst, then one per interval.
//!
//! All state is in the memory of this process and is lost at a restart.

use std::collections::{BTreeSet, HashMap};
use std::hash::{BuildHasher as _, Hash, RandomState};
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};

/// Counts failed attempts per subject, such as an account.
///
/// The number of subjects is bounded. When the table is full, a new subject takes the place of the one that is
/// forgiven first, so a flood of new subjects neither passes uncounted nor clears the subjects with many failures.
pub struct Throttle {
    rate: Rate,
    /// Subjects are stored by a keyed 64-bit hash: the memory does not grow with their length, and a client cannot
    /// choose two that collide.
    hasher: RandomState,
    table: Mutex<Table>,
}

/// Rate of failed attempts.
#[derive(Clone, Copy, Debug)]
pub struct Rate {
    /// Number of attempts that pass at once.
    pub burst: i32,
    /// Time after which one more passes.
    pub interval: TimeDelta,
}

impl Throttle {
    /// Returns a throttle without any failed attempts.
    #[must_use]
    pub fn new(rate: Rate) -> Self {
        Self {
            rate,
            hasher: RandomState::new(),
            table: Mutex::default(),
        }
    }

    /// Counts an attempt as failed before it is made, so that concurrent attempts count too. [`Self::refund`] takes
    /// back one that succeeded.
    ///
    /// # Errors
    /// Returns how long to wait if there were too many failed attempts. This one is then not counted.
    pub fn check(&self, subject: &impl Hash, now: DateTime<Utc>) -> Result<(), TimeDelta> {
        let subject = self.hasher.hash_one(subject);
        let full = self.rate.interval * self.rate.burst;
        let mut table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        // No subject owes more than the burst. If one seems to, the clock was set back since, and the entry would
        // refuse attempts until the clock has caught up.
        let known = table.get(subject).filter(|before| *before <= now + full);
        let after = known.unwrap_or(now).max(now) + self.rate.interval;
        let wait = after - now - full;
        if wait > TimeDelta::zero() {
            return Err(wait);
        }
        table.set(subject, after, now + full);
        Ok(())
    }

    /// Takes back what [`Self::check`] counted.
    pub fn refund(&self, subject: &impl Hash) {
        let subject = self.hasher.hash_one(subject);
        let mut table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(tat) = table.get(subject) {
            table.replace(subject, tat - self.rate.interval);
        }
    }
}

/// For each subject, the time at which all of its failed attempts are forgiven (the theoretical arrival time of GCRA).
#[derive(Default)]
struct Table {
    tat: HashMap<u64, DateTime<Utc>>,
    /// The same entries, ordered by time.
    by_time: BTreeSet<(DateTime<Utc>, u64)>,
}

impl Table {
    fn get(&self, subject: u64) -> Option<DateTime<Utc>> {
        self.tat.get(&subject).copied()
    }

    /// Stores an entry. If there is no place left, removes an entry later than `latest`, which the clock does not
    /// justify any more, or else the earliest one.
    fn set(&mut self, subject: u64, time: DateTime<Utc>, latest: DateTime<Utc>) {
        if self.tat.len() >= MAX_SUBJECTS && !self.tat.contains_key(&subject) {
            let is_void = self.by_time.last().is_some_and(|(time, _)| *time > latest);
            let evicted = if is_void {
                self.by_time.pop_last()
            } else {
                self.by_time.pop_first()
            };
            if let Some((_, evicted)) = evicted {
                self.tat.remove(&evicted);
            }
        }
        self.replace(subject, time);
    }

    fn replace(&mut self, subject: u64, time: DateTime<Utc>) {
        if let Some(before) = self.tat.insert(subject, time) {
            self.by_time.remove(&(before, subject));
        }
        self.by_time.insert((time, subject));
    }
}

/// Bounds the memory of one throttle to some 4 MB.
const MAX_SUBJECTS: usize = 50_000;

/// Counts failed attempts per network of the client and, if there is one, per subject within that network.
///
/// An IPv4 address is a network of its own. An IPv6 address counts in its /64, /56 and /48 at once, each of which allows
/// twice as many attempts as the one before: the holder of a /48 has 65,536 networks of size /64, but no more attempts
/// than four of them.
pub struct NetworkThrottle {
    levels: [Level; 3],
}

struct Level {
    /// Length of the IPv6 prefix in bits.
    prefix: u32,
    throttle: Throttle,
}

impl NetworkThrottle {
    /// Returns a throttle with that rate for an IPv4 address or an IPv6 /64.
    #[must_use]
    pub fn new(rate: Rate) -> Self {
        let level = |prefix, times| Level {
            prefix,
            throttle: Throttle::new(Rate {
                burst: rate.burst * times,
                interval: rate.interval / times,
            }),
        };
        Self {
            levels: [level(64, 1), level(56, 2), level(48, 4)],
        }
    }

    /// Counts an attempt as failed before it is made. [`Self::refund`] takes back one that succeeded.
    ///
    /// # Errors
    /// Returns how long to wait if there were too many failed attempts. This one is then not counted.
    pub fn check(&self, client: IpAddr, subject: &impl Hash, now: DateTime<Utc>) -> Result<(), TimeDelta> {
        let levels = self.levels_of(client);
        for (number, level) in levels.iter().enumerate() {
            if let Err(wait) = level.throttle.check(&(level.network(client), subject), now) {
                refund(&levels[..number], client, subject);
                return Err(wait);
            }
        }
        Ok(())
    }

    /// Takes back what [`Self::check`] counted.
    pub fn refund(&self, client: IpAddr, subject: &impl Hash) {
        refund(self.levels_of(client), client, subject);
    }

    fn levels_of(&self, client: IpAddr) -> &[Level] {
        match client.to_canonical() {
            IpAddr::V4(_) => &self.levels[..1],
            IpAddr::V6(_) => &self.levels,
        }
    }
}

impl Level {
    fn network(&self, client: IpAddr) -> IpAddr {
        match client.to_canonical() {
            IpAddr::V6(address) => {
                let mask = u128::MAX << (u128::BITS - self.prefix);
                IpAddr::V6((u128::from(address) & mask).into())
            }
            v4 => v4,
        }
    }
}

fn refund(levels: &[Level], client: IpAddr, subject: &impl Hash) {
    for level in levels {
        level.throttle.refund(&(level.network(client), subject));
    }
}

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

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    /// Fails until an attempt is refused, and returns how many attempts passed.
    fn exhaust(throttle: &Throttle, subject: &str, now: DateTime<Utc>) -> usize {
        (0..)
            .take_while(|_| throttle.check(&subject, now).is_ok())
            .count()
    }

    fn known(throttle: &Throttle) -> usize {
        let table = throttle.table.lock().unwrap();
        assert_eq!(table.tat.len(), table.by_time.len());
        table.by_time.len()
    }

    #[test]
    fn after_the_burst_one_attempt_passes_per_interval() {
        let throttle = Throttle::new(RATE);
        assert_eq!(exhaust(&throttle, "eve", at(0)), 3);
        assert_eq!(throttle.check(&"eve", at(0)), Err(TimeDelta::seconds(10)));
        assert_eq!(throttle.check(&"eve", at(9)), Err(TimeDelta::seconds(1)));
        assert_eq!(throttle.check(&"eve", at(10)), Ok(()));
        assert!(throttle.check(&"eve", at(10)).is_err());
    }

    #[test]
    fn another_subject_is_not_refused() {
        let throttle = Throttle::new(RATE);
        exhaust(&throttle, "eve", at(0));
        assert_eq!(throttle.check(&"ada", at(0)), Ok(()));
    }

    #[test]
    fn a_clock_that_is_set_back_lengthens_no_wait_and_the_limit_still_holds() {
        let throttle = Throttle::new(RATE);
        exhaust(&throttle, "eve", at(86_400));
        assert_eq!(exhaust(&throttle, "eve", at(0)), 3);
        assert_eq!(throttle.check(&"eve", at(0)), Err(TimeDelta::seconds(10)));
    }

    #[test]
    fn a_forgiven_attempt_costs_nothing() {
        let throttle = Throttle::new(RATE);
        for _ in 0..100 {
            assert_eq!(throttle.check(&"ada", at(0)), Ok(()));
            throttle.refund(&"ada");
        }
        throttle.refund(&"unknown");
        assert_eq!(known(&throttle), 1);
    }

    #[test]
    fn a_full_table_counts_new_subjects_and_keeps_those_with_the_most_failures() {
        let throttle = Throttle::new(RATE);
        exhaust(&throttle, "eve", at(0));
        for subject in 0..2 * MAX_SUBJECTS {
            assert_eq!(throttle.check(&subject, at(1)), Ok(()));
        }
        assert_eq!(known(&throttle), MAX_SUBJECTS);
        assert_eq!(throttle.check(&"eve", at(1)), Err(TimeDelta::seconds(9)));
        assert_eq!(exhaust(&throttle, "mallory", at(1)), 3);
        assert_eq!(known(&throttle), MAX_SUBJECTS);
    }

    #[test]
    fn a_table_that_was_filled_before_the_clock_was_set_back_counts_on() {
        let throttle = Throttle::new(RATE);
        for subject in 0..MAX_SUBJECTS {
            assert_eq!(throttle.check(&subject, at(86_400)), Ok(()));
        }
        for name in ["eve", "mallory"] {
            assert_eq!(exhaust(&throttle, name, at(0)), 3, "{name}");
        }
        assert!(throttle.check(&"eve", at(0)).is_err());
        assert_eq!(known(&throttle), MAX_SUBJECTS);
    }

    #[test]
    fn each_wider_ipv6_network_allows_twice_as_many_attempts() {
        // For each step between two clients, the number of attempts of all of them together that pass at once.
        for (what, client, step, expected) in [
            ("one IPv4 address", "203.0.113.7", 0, 3),
            ("one IPv4 address, mapped", "::ffff:203.0.113.7", 0, 3),
            ("addresses of one /64", "2001:db8::1", 1, 3),
            ("the /64s of one /56", "2001:db8::1", 1_u128 << 64, 6),
            ("the /56s of one /48", "2001:db8::1", 1 << 72, 12),
            ("separate /48s", "2001:db8::1", 1 << 80, 256 * 3),
        ] {
            let throttle = NetworkThrottle::new(RATE);
            let mut passed = 0;
            for number in 0..256_u128 {
                let client = match ip(client) {
                    IpAddr::V6(first) => IpAddr::V6((u128::from(first) + number * step).into()),
                    v4 => v4,
                };
                passed += (0..)
                    .take_while(|_| throttle.check(client, &(), at(0)).is_ok())
                    .count();
            }
            assert_eq!(passed, expected, "{what}");
        }
    }

    #[test]
    fn an_attempt_that_a_wide_network_refuses_costs_the_narrow_one_nothing() {
        let throttle = NetworkThrottle::new(RATE);
        let client = |number: u8| ip(&format!("2001:db8:0:{number}::1"));
        for number in [1, 1, 1, 2, 2, 2] {
            assert_eq!(throttle.check(client(number), &(), at(0)), Ok(()));
        }
        for _ in 0..100 {
            assert_eq!(throttle.check(client(3), &(), at(0)), Err(TimeDelta::seconds(5)));
        }
        // By then the /56 admits three more, and the /64 was never charged.
        for _ in 0..3 {
            assert_eq!(throttle.check(client(3), &(), at(15)), Ok(()));
        }
    }

    #[test]
    fn an_attempt_that_is_taken_back_is_taken_back_on_each_level() {
        let throttle = NetworkThrottle::new(RATE);
        for number in 0..100 {
            let client = ip(&format!("2001:db8:0:{number}::1"));
            assert_eq!(throttle.check(client, &"ada", at(0)), Ok(()));
            throttle.refund(client, &"ada");
        }
    }
}
