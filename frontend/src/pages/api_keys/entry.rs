//! A key on screen.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use ori_shared::api_key::{ApiKeyView, KeyStatus};
use ori_shared::{relative_time, search};
use uuid::Uuid;

use super::arrange::Sortable;
use crate::reactive::*;

/// A key in the list. Each has its own signals, so that a change draws one row.
#[derive(Clone)]
pub struct Entry {
    /// The key's id.
    pub id: Uuid,
    /// What the server told.
    pub told: ArcRwSignal<Arc<Told>>,
    /// What passes with time.
    pub passing: ArcRwSignal<Passing>,
    /// Whether a change is being saved.
    pub saving: ArcRwSignal<bool>,
}

/// What the server told of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// The key.
    pub view: ApiKeyView,
    /// What it is found by.
    pub haystack: String,
}

/// What of a key changes as time passes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Passing {
    /// Whether it works.
    pub status: KeyStatus,
    /// How long ago it was used.
    pub last_used: Option<String>,
    /// When either becomes another.
    until: Option<DateTime<Utc>>,
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl Entry {
    /// A key that was not on screen before.
    #[must_use]
    pub fn new(view: ApiKeyView, now: DateTime<Utc>) -> Self {
        Self {
            id: view.id,
            passing: ArcRwSignal::new(Passing::of(&view, now)),
            told: ArcRwSignal::new(Told::of(view)),
            saving: ArcRwSignal::new(false),
        }
    }

    /// The server has told of it anew.
    pub fn put(&self, view: ApiKeyView, now: DateTime<Utc>) {
        set_if_new(&self.passing, Passing::of(&view, now));
        if self.told.with_untracked(|told| told.view != view) {
            self.told.set(Told::of(view));
        }
    }

    /// Time has passed.
    pub fn pass(&self, now: DateTime<Utc>) {
        let due = self.passing.with_untracked(|passing| passing.until);
        if due.is_some_and(|due| due <= now) {
            let passing = self.told.with_untracked(|told| Passing::of(&told.view, now));
            set_if_new(&self.passing, passing);
        }
    }

    /// When it will look different, if nothing else happens.
    #[must_use]
    pub fn until(&self) -> Option<DateTime<Utc>> {
        self.passing.with_untracked(|passing| passing.until)
    }

    /// Its name, without following it.
    #[must_use]
    pub fn name(&self) -> String {
        self.told.with_untracked(|told| told.view.name.clone())
    }
}

impl Told {
    fn of(view: ApiKeyView) -> Arc<Self> {
        let haystack = search::haystack(&view.name, &view.masked());
        Arc::new(Self { view, haystack })
    }

    /// What decides where it stands, with its status now.
    #[must_use]
    pub fn sortable(&self, status: KeyStatus) -> Sortable<'_> {
        Sortable {
            view: &self.view,
            folded: &self.haystack,
            status,
        }
    }
}

impl Passing {
    fn of(view: &ApiKeyView, now: DateTime<Utc>) -> Self {
        let status = view.status_at(now);
        let expiry = view.expires_at.filter(|_| status == KeyStatus::Active);
        let reword = view
            .last_used_at
            .map(|used| now + relative_time::changes_in(used, now));
        Self {
            status,
            last_used: view.last_used_at.map(|used| relative_time::ago(used, now)),
            until: expiry.into_iter().chain(reword).min(),
        }
    }
}

fn set_if_new(signal: &ArcRwSignal<Passing>, passing: Passing) {
    if signal.with_untracked(|old| *old != passing) {
        signal.set(passing);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::api_keys::arrange::tests::{at, key};

    #[test]
    fn a_key_looks_different_at_its_expiry_or_when_its_last_use_is_told_in_other_words() {
        let until = |expires, used| Passing::of(&key("CRM", 0, expires, used), at(100)).until;
        assert_eq!(until(None, None), None);
        assert_eq!(until(Some(150), None), Some(at(150)));
        assert_eq!(until(None, Some(70)), Some(at(130)));
        assert_eq!(until(Some(110), Some(70)), Some(at(110)));
        assert_eq!(until(Some(90), None), None, "expired once and for all");
    }

    #[test]
    fn a_key_that_is_switched_off_does_not_change_at_its_expiry() {
        let mut off = key("CRM", 0, Some(150), None);
        off.is_active = false;
        assert_eq!(Passing::of(&off, at(100)).until, None);
    }

    #[test]
    fn status_and_words_follow_the_clock() {
        let entry = Entry::new(key("CRM", 0, Some(150), Some(100)), at(100));
        entry.pass(at(149));
        assert_eq!(entry.passing.get_untracked().status, KeyStatus::Active);
        entry.pass(at(150));
        assert_eq!(entry.passing.get_untracked().status, KeyStatus::Expired);
        entry.pass(at(160));
        assert_eq!(
            entry.passing.get_untracked().last_used.as_deref(),
            Some("1 minute ago")
        );
    }
}
