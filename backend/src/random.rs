//! The random source: made once, at startup, and handed in.

use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, Utc};
use rand::rngs::SysRng;
use rand_core::{CryptoRng, UnwrapErr};
use uuid::Uuid;

/// A cryptographic random source that all threads share.
pub struct Random(Mutex<Box<dyn CryptoRng + Send>>);

impl Random {
    /// The operating system's source.
    #[must_use]
    pub fn system() -> Self {
        Self::new(UnwrapErr(SysRng))
    }

    /// A source of the caller's choice, e.g. one that repeats itself in a test.
    pub fn new(source: impl CryptoRng + Send + 'static) -> Self {
        Self(Mutex::new(Box::new(source)))
    }

    /// Lends the source out.
    pub fn with<T>(&self, draw: impl FnOnce(&mut (dyn CryptoRng + Send)) -> T) -> T {
        draw(&mut **self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// A new id (UUID version 7, RFC 9562), which sorts by the time it was made.
    pub fn id(&self, now: DateTime<Utc>) -> Uuid {
        let mut random = [0; 10];
        self.with(|source| source.fill_bytes(&mut random));
        let millis = u64::try_from(now.timestamp_millis()).unwrap_or_default();
        uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid()
    }
}
