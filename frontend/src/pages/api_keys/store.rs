//! List of keys and its local changes.

use std::sync::Arc;

use leptos::prelude::*;
use ori_shared::api_key::ApiKeyView;
use uuid::Uuid;

use super::key_entry::KeyEntry;
use super::reader::Reader;
use crate::hooks::Remote;
use crate::state::clock::{Clock, use_clock};
use crate::state::session::{Session, use_session};
use crate::state::toasts::{Toasts, use_toasts};

/// Numbers of keys.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// All keys.
    pub all: u64,
    /// Whether there are no more than `all`.
    pub all_is_exact: bool,
    /// Keys that the server found, if the server searches.
    pub found: u64,
    /// Whether there are no more than `found`.
    pub found_is_exact: bool,
    /// Whether every key that is to be held has arrived.
    pub is_complete: bool,
}

/// List of keys.
///
/// It outlives the page, so that a change whose response arrives after the page was left still reaches the list.
#[derive(Clone, Copy)]
pub struct KeyList {
    /// Keys in the order of the server.
    pub entries: RwSignal<Vec<Arc<KeyEntry>>>,
    /// Loading, failed, or the numbers of keys.
    pub totals: RwSignal<Remote<Totals>>,
    /// Whether the server searches and sorts, because there are too many keys.
    pub by_server: RwSignal<bool>,
    /// Whether a search or sort by the server is in flight.
    pub is_searching: RwSignal<bool>,
    /// Keys with a change in flight.
    pub saving: RwSignal<Vec<Uuid>>,
    /// Number of changes after which the list is sorted again.
    pub epoch: RwSignal<u64>,
    pub(super) reader: Reader,
    pub(super) clock: Clock,
    pub(super) session: Session,
    pub(super) toasts: Toasts,
}

impl KeyList {
    /// Provides the context: an empty list, which is read when its page is opened.
    pub fn provide() {
        provide_context(Self {
            entries: RwSignal::default(),
            totals: RwSignal::default(),
            by_server: RwSignal::default(),
            is_searching: RwSignal::default(),
            saving: RwSignal::default(),
            epoch: RwSignal::default(),
            reader: Reader::new(),
            clock: use_clock(),
            session: use_session(),
            toasts: use_toasts(),
        });
    }

    /// Adds a key that was created. It stands first until the list is read again.
    pub fn add(self, view: ApiKeyView) {
        if self.is_gone() {
            return;
        }
        self.reader.note_change();
        if self.position(view.id).is_none() {
            self.entries.update(|keys| keys.insert(0, KeyEntry::new(view)));
            self.count(1);
        }
    }

    /// Removes a key that was deleted.
    pub fn remove(self, id: Uuid) {
        if self.is_gone() {
            return;
        }
        self.reader.note_change();
        if let Some(position) = self.position(id) {
            self.entries.update(|keys| drop(keys.remove(position)));
            self.count(-1);
        }
    }

    /// Replaces a key that was changed.
    pub fn replace(self, view: ApiKeyView) {
        if self.is_gone() {
            return;
        }
        self.reader.note_change();
        if let Some(position) = self.position(view.id) {
            self.entries.update(|keys| keys[position] = KeyEntry::new(view));
        }
    }

    /// Returns the key with this id.
    #[must_use]
    pub fn find(self, id: Uuid) -> Option<Arc<KeyEntry>> {
        let position = self.position(id)?;
        self.entries.with_untracked(|keys| keys.get(position).cloned())
    }

    /// Stores the keys that the server returned.
    pub(super) fn put(self, entries: Vec<Arc<KeyEntry>>) {
        if self.entries.with_untracked(|known| *known != entries) {
            self.entries.set(entries);
            self.epoch.update(|epoch| *epoch += 1);
        }
    }

    /// Returns whether the session has ended. A change in flight may outlive the list.
    pub(super) fn is_gone(self) -> bool {
        self.entries.is_disposed()
    }

    fn position(self, id: Uuid) -> Option<usize> {
        self.entries
            .with_untracked(|keys| keys.iter().position(|key| key.view.id == id))
    }

    fn count(self, change: i64) {
        self.epoch.update(|epoch| *epoch += 1);
        self.totals.update(|totals| {
            if let Some(totals) = totals.value_mut() {
                totals.all = totals.all.saturating_add_signed(change);
                totals.found = totals.found.saturating_add_signed(change);
            }
        });
    }
}

/// Returns the context of [`KeyList::provide`].
#[must_use]
pub fn use_key_list() -> KeyList {
    expect_context()
}
