//! Digests of the API keys that were valid when they were used last: a hint that saves a look-up before admission, which
//! authorizes the key itself. Nothing is decided by it.

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use ori_key::KeyDigest;

/// A bounded set of key digests.
#[derive(Default)]
pub struct RecentlyValidKeys(Mutex<HashSet<KeyDigest>>);

impl RecentlyValidKeys {
    /// Returns whether the key was valid when it was used last.
    #[must_use]
    pub fn contains(&self, key: &KeyDigest) -> bool {
        self.lock().contains(key)
    }

    /// Adds a key that a call was admitted with. A full set is cleared first, which costs one look-up per key.
    pub fn insert(&self, key: KeyDigest) {
        let mut keys = self.lock();
        if keys.len() >= MAX_KEYS && !keys.contains(&key) {
            keys.clear();
        }
        keys.insert(key);
    }

    /// Removes a key that is not valid any more.
    pub fn remove(&self, key: &KeyDigest) {
        self.lock().remove(key);
    }

    /// Poisoning is ignored: every critical section leaves the set consistent.
    fn lock(&self) -> MutexGuard<'_, HashSet<KeyDigest>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Bounds the memory of the set to less than a megabyte.
const MAX_KEYS: usize = 10_000;

#[cfg(test)]
mod tests {
    use super::*;

    fn key(number: usize) -> KeyDigest {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&number.to_be_bytes());
        KeyDigest::from_bytes(bytes)
    }

    #[test]
    fn a_key_is_contained_until_it_is_removed() {
        let keys = RecentlyValidKeys::default();
        assert!(!keys.contains(&key(1)));
        keys.insert(key(1));
        assert!(keys.contains(&key(1)));
        keys.remove(&key(1));
        assert!(!keys.contains(&key(1)));
    }

    #[test]
    fn the_set_is_bounded() {
        let keys = RecentlyValidKeys::default();
        for number in 0..=MAX_KEYS {
            keys.insert(key(number));
        }
        assert_eq!(keys.lock().len(), 1);
        assert!(keys.contains(&key(MAX_KEYS)));
    }
}
