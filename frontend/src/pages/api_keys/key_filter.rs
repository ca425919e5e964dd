//! Search and sort of the list, which live in the address.

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

/// Browsers limit how often a page may change its address. A pause in typing is soon enough.
const PAUSE: Duration = Duration::from_millis(250);
/// Every key of this server begins so.
const KEY_START: &str = "ori_";
/// So many characters of a key are its prefix.
const PREFIX_CHARS: usize = 7;
/// Text of at least so many characters that begins with the prefix of an imported key is taken for that key.
const IMPORTED_KEY_CHARS: usize = 20;

/// What is searched for, and how the list is sorted.
#[derive(Clone, Copy)]
pub struct KeyFilter {
    /// The text in the search box.
    pub search: RwSignal<String>,
    /// The sort.
    pub sort: RwSignal<KeySort>,
    write: Callback<()>,
    timer: Timer,
}

impl KeyFilter {
    /// Returns what is in the address, and follows it.
    #[must_use]
    pub fn from_address() -> Self {
        // Not `use_query_map`, which follows the address later than the path does.
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
        // A key may stand in a link that somebody made from a pasted one.
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

    /// Takes over what was typed. A full key is cut to its prefix at once, so that it reaches neither address nor server.
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
            // The address follows when the step back out of the dialog has been taken.
            self.timer.start(PAUSE, move || self.write.run(()));
        }
    }

    /// Sorts by a column, or reverses its order, and shows what then stands first.
    pub fn press(self, column: KeyColumn) {
        window().scroll_to_with_x_and_y(0.0, 0.0);
        self.sort.update(|sort| *sort = order::pressed(*sort, column));
        self.timer.stop();
        self.write.run(());
    }

    /// Returns how a column is sorted, if it is.
    #[must_use]
    pub fn order_of(self, column: KeyColumn) -> Option<Order> {
        order::order_of(self.sort.get(), column)
    }

    /// Returns what a matching key contains.
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

/// Cuts a full key, or the most of one, to the prefix that is shown of it.
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
