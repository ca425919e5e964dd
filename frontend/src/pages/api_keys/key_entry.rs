//! A key in the list.

use std::sync::Arc;

use ori_shared::api_key::ApiKeyView;
use ori_shared::search;
use uuid::Uuid;

/// A key as the server returned it, with its searchable text. A change replaces the entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyEntry {
    /// The key.
    pub view: ApiKeyView,
    /// Folded text that is searched.
    pub haystack: String,
}

impl KeyEntry {
    /// Returns the entry of a key.
    #[must_use]
    pub fn new(view: ApiKeyView) -> Arc<Self> {
        let haystack = search::haystack(&view.name, &view.masked());
        Arc::new(Self { view, haystack })
    }

    /// Returns the key's id.
    #[must_use]
    pub fn id(this: &Arc<Self>) -> Uuid {
        this.view.id
    }
}
