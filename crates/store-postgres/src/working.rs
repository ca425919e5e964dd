//! The keys that worked when they were used last: a hint, by which nothing is decided.

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use ori_key::KeyDigest;
use ori_store::Acceptance;

/// The keys by which calls were accepted, until one is refused or looked up.
#[derive(Default)]
pub(crate) struct Working(Mutex<HashSet<KeyDigest>>);

impl Working {
    /// Whether that key worked when it was used last.
    pub(crate) fn has(&self, key: &KeyDigest) -> bool {
        self.lock().contains(key)
    }

    /// It is to be looked up next time.
    pub(crate) fn forget(&self, key: &KeyDigest) {
        self.lock().remove(key);
    }

    /// That became of a call by that key.
    pub(crate) fn learn(&self, key: KeyDigest, became: &Acceptance) {
        let mut keys = self.lock();
        match became {
            Acceptance::Recorded { .. } if !keys.contains(&key) => {
                if keys.len() >= MOST {
                    keys.clear();
                }
                keys.insert(key);
            }
            Acceptance::UnknownKey | Acceptance::Inactive | Acceptance::Expired => {
                keys.remove(&key);
            }
            _ => {}
        }
    }

    /// The keys are consistent between any two calls, so a panic elsewhere does not spoil them.
    fn lock(&self) -> MutexGuard<'_, HashSet<KeyDigest>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// More are forgotten: they cost memory, and to look a key up once more costs little.
const MOST: usize = 10_000;

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn a_key_seems_to_work_from_its_first_call_until_it_is_refused_or_looked_up() {
        let (working, key) = (Working::default(), KeyDigest::from_bytes([7; 32]));
        let recorded = Acceptance::Recorded { key_id: Uuid::nil() };
        for refused in [Acceptance::UnknownKey, Acceptance::Inactive, Acceptance::Expired] {
            assert!(!working.has(&key));
            working.learn(key, &Acceptance::QueueFull);
            assert!(!working.has(&key));
            working.learn(key, &recorded);
            working.learn(key, &Acceptance::QueueFull);
            assert!(working.has(&key));
            working.learn(key, &refused);
        }
        assert!(!working.has(&key));
        working.learn(key, &recorded);
        working.forget(&key);
        assert!(!working.has(&key));
    }
}
