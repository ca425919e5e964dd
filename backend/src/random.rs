//! The random source: made once, at startup, and handed in.

use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};
use rand::SeedableRng as _;
use rand::rngs::{StdRng, SysRng};
use rand_core::{CryptoRng, Rng as _, UnwrapErr};
use uuid::Uuid;

/// A cryptographic random source that all threads share.
pub struct Random(Mutex<Source>);

struct Source {
    rng: Box<dyn CryptoRng + Send>,
    /// Generator of ids, one for each request. It is seeded by the other one and calls no system function.
    ids: StdRng,
    /// The id that was made last.
    last_id: u128,
}

impl Random {
    /// The operating system's source.
    #[must_use]
    pub fn system() -> Self {
        Self::new(UnwrapErr(SysRng))
    }

    /// A source of the caller's choice, e.g. one that repeats itself in a test.
    pub fn new(mut source: impl CryptoRng + Send + 'static) -> Self {
        Self(Mutex::new(Source {
            ids: StdRng::from_rng(&mut source),
            rng: Box::new(source),
            last_id: 0,
        }))
    }

    /// Lends the source out.
    pub fn with<T>(&self, draw: impl FnOnce(&mut (dyn CryptoRng + Send)) -> T) -> T {
        draw(&mut *self.lock().rng)
    }

    /// A new id (UUID version 7), which sorts behind all that were made here before it, within a millisecond too
    /// (RFC 9562, section 6.2, method 2). If the clock was set back, it follows the clock.
    pub fn id(&self, now: DateTime<Utc>) -> Uuid {
        let mut source = self.lock();
        let mut random = [0; 10];
        source.ids.fill_bytes(&mut random);
        let millis = u64::try_from(now.timestamp_millis()).unwrap_or_default();
        let fresh = uuid::Builder::from_unix_timestamp_millis(millis, &random)
            .into_uuid()
            .as_u128();
        source.last_id = if fresh >> TIME_SHIFT == source.last_id >> TIME_SHIFT {
            source.last_id + 1 + (fresh & STEP_BITS)
        } else {
            fresh & !HEADROOM
        };
        Uuid::from_u128(source.last_id)
    }

    fn lock(&self) -> MutexGuard<'_, Source> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The time stands in the upper 48 bits.
const TIME_SHIFT: u32 = 80;
/// The next id of the same millisecond is as far away as 32 random bits say, so that it cannot be guessed.
const STEP_BITS: u128 = 0xffff_ffff;
/// The first bit of the last 62, which the first id of a millisecond leaves clear for 2^29 that follow it.
const HEADROOM: u128 = 1 << 61;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_sort_in_the_order_in_which_they_were_made() {
        let random = Random::system();
        let at = |millis: i64| DateTime::from_timestamp_millis(1_800_000_000_000 + millis).unwrap();
        let ids: Vec<Uuid> = (0..10_000).map(|number| random.id(at(number / 5_000))).collect();
        assert!(ids.is_sorted_by(|a, b| a < b));
        assert!(ids.iter().all(|id| id.get_version_num() == 7));
        assert!(ids.iter().all(|id| id.get_variant() == uuid::Variant::RFC4122));
    }

    #[test]
    fn a_clock_that_is_set_back_is_followed() {
        let random = Random::system();
        let later = random.id(DateTime::from_timestamp_millis(2_000).unwrap());
        assert!(random.id(DateTime::from_timestamp_millis(1_000).unwrap()) < later);
    }
}
