//! A key in the list.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use ori_shared::api_key::{ApiKeyView, KeyStatus};
use ori_shared::{relative_time, search};

/// What the server told of a key. It is plain data and never changed: another takes its place.
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
    pub until: Option<DateTime<Utc>>,
}

impl Told {
    /// What was told of that key.
    #[must_use]
    pub fn of(view: ApiKeyView) -> Arc<Self> {
        let haystack = search::haystack(&view.name, &view.masked());
        Arc::new(Self { view, haystack })
    }
}

impl Passing {
    /// At that time.
    #[must_use]
    pub fn of(view: &ApiKeyView, now: DateTime<Utc>) -> Self {
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
        let key = key("CRM", 0, Some(150), Some(100));
        assert_eq!(Passing::of(&key, at(149)).status, KeyStatus::Active);
        assert_eq!(Passing::of(&key, at(150)).status, KeyStatus::Expired);
        let words = Passing::of(&key, at(160)).last_used;
        assert_eq!(words.as_deref(), Some("1 minute ago"));
    }
}
