//! All keys in memory, by their digest, so that a request with a key costs no query.
//!
//! The cache is exact. The writer marks a key as *changing* before the commit, and enters the change between the commit
//! and its answer. While a key is changing, a look-up reads the database. No other process changes the file: see
//! [`crate::process_lock`].

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};
use indexmap::IndexMap;
use ori_key::KeyDigest;
use ori_store::KnownKey;
use uuid::Uuid;

/// All keys.
#[derive(Default)]
pub(crate) struct KeyCache(Mutex<Keys>);

/// Result of a look-up in the cache.
pub(crate) enum Lookup {
    /// The key, or that there is none.
    Known(Option<KnownKey>),
    /// The key is changing: the database knows.
    Changing,
}

#[derive(Default)]
struct Keys {
    by_digest: IndexMap<KeyDigest, Entry>,
    changing: HashSet<KeyDigest>,
}

impl KeyCache {
    /// Reserves space for that many more keys, and not for more: growing doubles.
    pub(crate) fn reserve(&self, count: usize) {
        self.lock().by_digest.reserve_exact(count);
    }

    /// Adds a key that is in the database.
    pub(crate) fn add(&self, digest: KeyDigest, key: &KnownKey) {
        self.lock().by_digest.insert(digest, Entry::of(key));
    }

    /// Looks a key up.
    pub(crate) fn look_up(&self, digest: &KeyDigest) -> Lookup {
        let keys = self.lock();
        if !keys.changing.is_empty() && keys.changing.contains(digest) {
            return Lookup::Changing;
        }
        Lookup::Known(keys.by_digest.get(digest).map(Entry::known))
    }

    /// Poisoning is ignored: every critical section leaves the keys consistent.
    fn lock(&self) -> MutexGuard<'_, Keys> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The changes of one transaction. They are dropped with this unless they are committed.
pub(crate) struct PendingChanges<'c> {
    cache: &'c KeyCache,
    /// Changes in the order of their commits.
    changes: Vec<(KeyDigest, Option<KnownKey>)>,
}

impl<'c> PendingChanges<'c> {
    /// Begins without a change.
    pub(crate) fn begin(cache: &'c KeyCache) -> Self {
        Self {
            cache,
            changes: Vec::new(),
        }
    }

    /// Returns the key as it is within the transaction.
    pub(crate) fn key(&self, digest: &KeyDigest) -> Option<KnownKey> {
        let changed = self.changes.iter().rev().find(|(other, _)| other == digest);
        match changed {
            Some((_, key)) => key.clone(),
            None => self.cache.lock().by_digest.get(digest).map(Entry::known),
        }
    }

    /// Marks the key as changing: from the commit on, this is the key of that digest, or there is none.
    pub(crate) fn set(&mut self, digest: KeyDigest, key: Option<KnownKey>) {
        self.cache.lock().changing.insert(digest);
        self.changes.push((digest, key));
    }

    /// Enters the changes, which were just committed.
    pub(crate) fn commit(mut self) {
        if self.changes.is_empty() {
            return;
        }
        let mut keys = self.cache.lock();
        for (digest, key) in std::mem::take(&mut self.changes) {
            match key {
                Some(key) => drop(keys.by_digest.insert(digest, Entry::of(&key))),
                None => drop(keys.by_digest.swap_remove(&digest)),
            }
            keys.changing.remove(&digest);
        }
    }
}

impl Drop for PendingChanges<'_> {
    fn drop(&mut self) {
        for (digest, _) in &self.changes {
            self.cache.lock().changing.remove(digest);
        }
    }
}

/// An entry of the cache. It is small because there may be a million.
struct Entry {
    id: Uuid,
    expires_at: Option<DateTime<Utc>>,
    /// Prefix and name, in one allocation.
    text: Box<str>,
    prefix_len: u8,
    is_active: bool,
}

impl Entry {
    fn of(key: &KnownKey) -> Self {
        let prefix = u8::try_from(key.prefix.len()).unwrap_or_default();
        Self {
            id: key.id,
            expires_at: key.expires_at,
            text: [key.prefix.as_str(), key.name.as_str()].concat().into(),
            prefix_len: prefix,
            is_active: key.is_active,
        }
    }

    fn known(&self) -> KnownKey {
        let (prefix, name) = self.text.split_at(self.prefix_len.into());
        KnownKey {
            id: self.id,
            name: name.to_owned(),
            prefix: prefix.to_owned(),
            is_active: self.is_active,
            expires_at: self.expires_at,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(name: &str) -> KnownKey {
        KnownKey {
            id: Uuid::from_u128(1),
            name: name.into(),
            prefix: "ori_abc".into(),
            is_active: true,
            expires_at: None,
        }
    }

    fn known(cache: &KeyCache, digest: &KeyDigest) -> Option<KnownKey> {
        match cache.look_up(digest) {
            Lookup::Known(key) => key,
            Lookup::Changing => panic!("the key is changing"),
        }
    }

    fn set(cache: &KeyCache, digest: KeyDigest, key: Option<KnownKey>) {
        let mut changes = PendingChanges::begin(cache);
        changes.set(digest, key);
        changes.commit();
    }

    #[test]
    fn a_key_is_found_until_it_is_removed() {
        let cache = KeyCache::default();
        let digests: Vec<_> = (0..100).map(|byte| KeyDigest::from_bytes([byte; 32])).collect();
        for digest in &digests {
            set(&cache, *digest, Some(key(&format!("{digest:p}"))));
        }
        set(&cache, digests[3], None);
        for (number, digest) in digests.iter().enumerate() {
            let expected = (number != 3).then(|| key(&format!("{digest:p}")));
            assert_eq!(known(&cache, digest), expected);
        }
    }

    #[test]
    fn a_key_is_changing_until_its_transaction_ends() {
        let (cache, digest) = (KeyCache::default(), KeyDigest::from_bytes([7; 32]));
        cache.add(digest, &key("CRM"));
        let change = || {
            let mut changes = PendingChanges::begin(&cache);
            changes.set(digest, Some(key("ERP")));
            changes.set(digest, None);
            changes.set(digest, Some(key("PBX")));
            assert!(matches!(cache.look_up(&digest), Lookup::Changing));
            assert_eq!(
                changes.key(&digest),
                Some(key("PBX")),
                "the transaction sees its own change"
            );
            changes
        };
        drop(change());
        assert_eq!(known(&cache, &digest), Some(key("CRM")));
        change().commit();
        assert_eq!(known(&cache, &digest), Some(key("PBX")));
    }
}
