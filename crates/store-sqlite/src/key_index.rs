//! All keys in memory, by their digest, so that a request with a key costs no look-up on the disk.
//!
//! It is exact. A change of a key is entered here after it was committed and before it is answered, while the writer is
//! still held, so that changes are entered in the order in which they were committed. From before the commit until then
//! the key is *in doubt*: what is wanted of it is read from the database. It stays in doubt where nobody learned what
//! became of the commit. Nobody else changes the file: see [`crate::lock`].

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};
use indexmap::IndexMap;
use ori_key::KeyDigest;
use ori_store::KnownKey;
use uuid::Uuid;

/// The keys that there are.
#[derive(Default)]
pub(crate) struct KeyIndex(Mutex<Keys>);

/// What the index knows of a digest.
pub(crate) enum Told {
    /// The key, or that there is none.
    Surely(Option<KnownKey>),
    /// It is being changed: the database knows.
    InDoubt,
}

/// The key may be changing. It stays in doubt where this is dropped unsettled.
#[must_use]
pub(crate) struct Doubt<'a> {
    index: &'a KeyIndex,
    digest: KeyDigest,
}

impl KeyIndex {
    /// Makes room for so many keys more, and no more: growing doubles.
    pub(crate) fn reserve(&self, count: usize) {
        self.lock().by_digest.reserve_exact(count);
    }

    /// Takes a key in that is not being changed.
    pub(crate) fn add(&self, digest: KeyDigest, key: &KnownKey) {
        self.lock().by_digest.insert(digest, Entry::of(key));
    }

    /// What is known of that digest.
    pub(crate) fn look_up(&self, digest: &KeyDigest) -> Told {
        let keys = self.lock();
        if !keys.in_doubt.is_empty() && keys.in_doubt.contains(digest) {
            return Told::InDoubt;
        }
        Told::Surely(keys.by_digest.get(digest).map(Entry::known))
    }

    /// Has everybody ask the database for this key from now on. To be called by who holds the writer, before the
    /// commit.
    pub(crate) fn doubt(&self, digest: KeyDigest) -> Doubt<'_> {
        self.lock().in_doubt.insert(digest);
        Doubt { index: self, digest }
    }

    /// The keys are consistent between any two calls, so a panic elsewhere does not spoil them.
    fn lock(&self) -> MutexGuard<'_, Keys> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Doubt<'_> {
    /// This is the key now, or there is none: as it was just committed, or read. To be called while the writer is held.
    pub(crate) fn settle(self, key: Option<&KnownKey>) {
        let mut keys = self.index.lock();
        match key {
            Some(key) => drop(keys.by_digest.insert(self.digest, Entry::of(key))),
            None => drop(keys.by_digest.swap_remove(&self.digest)),
        }
        keys.in_doubt.remove(&self.digest);
    }
}

#[derive(Default)]
struct Keys {
    by_digest: IndexMap<KeyDigest, Entry>,
    in_doubt: HashSet<KeyDigest>,
}

/// As little as will do: there may be a million.
struct Entry {
    id: Uuid,
    expires_at: Option<DateTime<Utc>>,
    /// Prefix and name, in one piece.
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

    fn surely(index: &KeyIndex, digest: &KeyDigest) -> Option<KnownKey> {
        match index.look_up(digest) {
            Told::Surely(key) => key,
            Told::InDoubt => panic!("the key is in doubt"),
        }
    }

    #[test]
    fn what_was_entered_is_found_until_it_is_removed() {
        let index = KeyIndex::default();
        let digests: Vec<_> = (0..100).map(|byte| KeyDigest::from_bytes([byte; 32])).collect();
        for digest in &digests {
            index.doubt(*digest).settle(Some(&key(&format!("{digest:p}"))));
        }
        index.doubt(digests[3]).settle(None);
        for (number, digest) in digests.iter().enumerate() {
            let expected = (number != 3).then(|| key(&format!("{digest:p}")));
            assert_eq!(surely(&index, digest), expected);
        }
    }

    #[test]
    fn a_key_is_in_doubt_until_its_change_is_known_to_be_committed() {
        let (index, digest) = (KeyIndex::default(), KeyDigest::from_bytes([7; 32]));
        index.add(digest, &key("CRM"));
        let doubt = index.doubt(digest);
        assert!(matches!(index.look_up(&digest), Told::InDoubt));
        drop(doubt);
        assert!(matches!(index.look_up(&digest), Told::InDoubt));
        index.doubt(digest).settle(Some(&key("ERP")));
        assert_eq!(surely(&index, &digest), Some(key("ERP")));
    }
}
