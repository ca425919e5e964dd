//! Search and sort, which live in the address.

use std::time::Duration;

use ori_shared::api_key::ApiKeyView;
use ori_shared::key_sort::{KeyColumn, KeySort};
use ori_shared::search;

use super::arrange;
use crate::api::client::encode;
use crate::api::keys::Question;
use crate::reactive::*;
use crate::state::location::{Location, use_location};
use crate::state::route::Route;
use crate::ui::sort_header::Order;
use crate::ui::timer::Timer;

/// Browsers limit how often a page may change its address; a pause in typing is soon enough.
const PAUSE: Duration = Duration::from_millis(250);

/// What is searched for and how the list is sorted.
#[derive(Clone, Copy)]
pub struct Query {
    /// What was typed.
    pub search: RwSignal<String>,
    /// How the list is sorted.
    pub sort: RwSignal<KeySort>,
    location: Location,
    timer: Timer,
}

impl Query {
    /// As it stands in the address. Make it in a component.
    #[must_use]
    pub fn new() -> Self {
        let location = use_location();
        let this = Self {
            search: RwSignal::new(untrack(|| location.param("q")).unwrap_or_default()),
            sort: RwSignal::new(untrack(|| sort_at(location))),
            location,
            timer: Timer::new(),
        };
        this.follow_address();
        this
    }

    /// Somebody types.
    pub fn type_search(self, text: String) {
        self.search.set(text);
        self.timer.set(PAUSE, move || self.write());
    }

    /// Gives up a search that would hide that key.
    pub fn reveal(self, view: &ApiKeyView) {
        let haystack = search::haystack(&view.name, &view.masked());
        if self
            .search
            .with_untracked(|text| !search::matches(&haystack, text))
        {
            // The address follows after the pause, when the step back out of a dialog has been taken.
            self.type_search(String::new());
        }
    }

    /// Somebody pressed a column's header, to see what then comes first.
    pub fn press(self, column: KeyColumn) {
        window().scroll_to_with_x_and_y(0.0, 0.0);
        self.sort.update(|sort| *sort = arrange::pressed(*sort, column));
        self.write();
    }

    /// How a column is sorted, if it is.
    pub fn order_of(self, column: KeyColumn) -> Option<Order> {
        arrange::order_of(self.sort.get(), column)
    }

    /// What a server is asked that answers it.
    pub fn question(self) -> Question {
        Question {
            search: self.search.with(|search| search.trim().to_owned()),
            sort: self.sort.get(),
        }
    }

    /// Writes the address without a step in the history: nobody goes back letter by letter.
    fn write(self) {
        self.timer.stop();
        let search = self.search.get_untracked();
        let search = Some(search.trim()).filter(|search| !search.is_empty());
        let q = search.map(|search| format!("q={}", encode(search)));
        let sort = self
            .sort
            .get_untracked()
            .to_param()
            .map(|sort| format!("sort={sort}"));
        let parameters: Vec<String> = q.into_iter().chain(sort).collect();
        let mark = if parameters.is_empty() { "" } else { "?" };
        let path = Route::ApiKeys.path();
        self.location
            .replace(&format!("{path}{mark}{}", parameters.join("&")));
    }

    /// The address may change under the page too, by the link to this very page for one.
    fn follow_address(self) {
        Effect::new(move |before: Option<()>| {
            let q = self.location.param("q").unwrap_or_default();
            let sort = sort_at(self.location);
            // On another page's address there is nothing to follow: this one is about to go.
            if before.is_none() || self.location.route() != Route::ApiKeys {
                return;
            }
            if self.search.with_untracked(|search| search.trim() != q) {
                self.search.set(q);
            }
            if self.sort.get_untracked() != sort {
                self.sort.set(sort);
            }
        });
    }
}

impl Default for Query {
    fn default() -> Self {
        Self::new()
    }
}

/// What means nothing is the default.
fn sort_at(location: Location) -> KeySort {
    let param = location.param("sort");
    param
        .and_then(|param| KeySort::from_param(&param))
        .unwrap_or_default()
}
