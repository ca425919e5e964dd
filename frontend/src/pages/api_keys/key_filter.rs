//! Search and sort of the list, which are part of the address.

use std::time::Duration;

use leptos::prelude::*;
use leptos_router::hooks::use_location;
use ori_shared::api_key::ApiKeyView;
use ori_shared::key_sort::{KeyColumn, KeySort};
use ori_shared::route::ConsoleRoute;
use ori_shared::search;

use super::order;
use super::store::KeyList;
use crate::api::keys::KeyQuery;
use crate::components::sort_header::Order;
use crate::hooks::navigation::{encode, use_replace};
use crate::hooks::timer::{Timer, use_timer};

/// Pause in typing before the address changes, because browsers limit the rate of such changes.
const PAUSE: Duration = Duration::from_millis(250);
/// First characters of every key of this server.
const KEY_START: &str = "ori_";
/// Number of characters in a key's prefix.
const PREFIX_CHARS: usize = 7;
/// Minimum length of a text that is recognized as an imported key by its prefix.
const IMPORTED_KEY_CHARS: usize = 20;

/// Search and sort of the list.
#[derive(Clone, Copy)]
pub struct KeyFilter {
    /// Text in the search box.
    pub search: RwSignal<String>,
    /// The sort.
    pub sort: RwSignal<KeySort>,
    write: Callback<()>,
    timer: Timer,
}

impl KeyFilter {
    /// Creates the filter from the address, and tracks it.
    #[must_use]
    pub fn from_address() -> Self {
        // Not `use_query_map`, which changes later than the path.
        let (query, pathname) = (use_location().query, use_location().pathname);
        let replace = use_replace();
        let in_address = move || {
            query.with(|query| {
                let search = query.get_str("q").unwrap_or_default().to_owned();
                let sort = query.get_str("sort").and_then(KeySort::from_param);
                (search, sort.unwrap_or_default())
            })
        };
        let (search, sort) = untrack(in_address);
        // A link may contain a pasted key.
        let (search, sort) = (RwSignal::new(without_secret(&search, &[])), RwSignal::new(sort));
        let write = Callback::new(move |()| {
            let parameters = parameters(&search.get_untracked(), sort.get_untracked());
            replace(&format!("{}{parameters}", ConsoleRoute::ApiKeys.path()));
        });
        // A link to this page changes the address under it.
        Effect::watch(
            in_address,
            move |(q, order), _, _| {
                if pathname.get_untracked() != ConsoleRoute::ApiKeys.path() {
                    return;
                }
                if search.with_untracked(|search| search.trim() != q) {
                    search.set(q.clone());
                }
                if sort.get_untracked() != *order {
                    sort.set(*order);
                }
            },
            false,
        );
        Self {
            search,
            sort,
            write,
            timer: use_timer(),
        }
    }

    /// Handles input in the search box. A full key is cut to its prefix at once, so that it reaches neither address nor
    /// server.
    pub fn type_search(self, text: &str, keys: KeyList) {
        let text = keys.entries.with_untracked(|keys| without_secret(text, keys));
        self.search.set(text);
        self.timer.start(PAUSE, move || self.write.run(()));
    }

    /// Clears a search that would hide this key.
    pub fn reveal(self, view: &ApiKeyView) {
        let haystack = search::haystack(&view.name, &view.masked());
        if self
            .search
            .with_untracked(|text| !search::matches(&haystack, text))
        {
            self.search.set(String::new());
            // The address changes after the navigation that closes the dialog.
            self.timer.start(PAUSE, move || self.write.run(()));
        }
    }

    /// Sorts by a column, or reverses its order, and scrolls to the first row.
    pub fn press(self, column: KeyColumn) {
        window().scroll_to_with_x_and_y(0.0, 0.0);
        self.sort.update(|sort| *sort = order::pressed(*sort, column));
        self.timer.stop();
        self.write.run(());
    }

    /// Returns the order of a column, if the list is sorted by it.
    #[must_use]
    pub fn order_of(self, column: KeyColumn) -> Option<Order> {
        order::order_of(self.sort.get(), column)
    }

    /// Returns the text that a matching key contains.
    #[must_use]
    pub fn needle(self) -> String {
        self.search.with(|search| search::needle(search))
    }

    /// Returns the query for the server.
    #[must_use]
    pub fn query(self) -> KeyQuery {
        KeyQuery {
            search: self.search.with(|search| search.trim().to_owned()),
            sort: self.sort.get(),
        }
    }
}

fn parameters(search: &str, sort: KeySort) -> String {
    let search = Some(search.trim()).filter(|search| !search.is_empty());
    let q = search.map(|search| format!("q={}", encode(search)));
    let sort = sort.to_param().map(|sort| format!("sort={sort}"));
    let all: Vec<String> = q.into_iter().chain(sort).collect();
    let mark = if all.is_empty() { "" } else { "?" };
    format!("{mark}{}", all.join("&"))
}

/// Cuts a full key, or most of one, to its visible prefix.
fn without_secret(text: &str, known: &[std::sync::Arc<super::key_entry::KeyEntry>]) -> String {
    let typed = text.trim();
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if typed.starts_with(KEY_START)
        && typed
            .chars()
            .take(PREFIX_CHARS + 1)
            .filter(|c| is_word(*c))
            .count()
            > PREFIX_CHARS
    {
        return typed.chars().take(PREFIX_CHARS).collect();
    }
    let is_key = typed.len() >= IMPORTED_KEY_CHARS && !typed.contains(char::is_whitespace);
    let prefix = known
        .iter()
        .map(|key| key.view.key_prefix.as_str())
        .find(|prefix| is_key && prefix.len() >= 4 && typed.starts_with(prefix));
    prefix.map_or_else(|| text.to_owned(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_cut_to_its_prefix_and_other_text_stays() {
        for (typed, kept) in [
            ("ori_2x8abcdefghijklmnopqrstuvwxyz0123456", "ori_2x8"),
            (" ori_2x8abc ", "ori_2x8"),
            ("ori_2x8a", "ori_2x8"),
            ("ori_2x8", "ori_2x8"),
            ("ori_2x8...••••", "ori_2x8...••••"),
            ("CRM ", "CRM "),
            (
                "a name that is quite long and has spaces",
                "a name that is quite long and has spaces",
            ),
        ] {
            assert_eq!(without_secret(typed, &[]), kept, "{typed}");
        }
    }
}
