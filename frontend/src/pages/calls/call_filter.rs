//! Filter of the calls and the open call. Both are part of the address.

use std::time::Duration;

use chrono::{Days, NaiveDate, SecondsFormat};
use leptos::prelude::*;
use leptos_router::hooks::use_location;
use leptos_router::params::ParamsMap;
use ori_shared::call::CallStatus;
use ori_shared::phone;
use ori_shared::route::ConsoleRoute;
use uuid::Uuid;

use crate::hooks::navigation::{encode, use_push, use_replace};
use crate::hooks::timer::{Timer, use_timer};
use crate::state::zone::Zone;

/// Pause in typing after which the server is queried.
const PAUSE: Duration = Duration::from_millis(300);
/// Number of digits from which a text may be a phone number, which stays out of the address.
const NUMBER_DIGITS: usize = 5;

/// Criteria of the listed calls.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Criteria {
    /// The start of a number, a reference or a bot, or a whole id.
    pub search: String,
    /// Only calls with this status.
    pub status: Option<CallStatus>,
    /// Only calls placed with this key.
    pub key: Option<Uuid>,
    /// Only calls of this day or later.
    pub from: Option<NaiveDate>,
    /// Only calls of this day or earlier.
    pub until: Option<NaiveDate>,
}

impl Criteria {
    /// Returns whether the criteria exclude any call.
    #[must_use]
    pub fn is_any(&self) -> bool {
        *self != Self::default()
    }

    /// Returns the filter for the server, which takes instants instead of days.
    #[must_use]
    pub fn for_server(&self, zone: Zone) -> String {
        let instant = |day: NaiveDate| zone.start_of(day).to_rfc3339_opts(SecondsFormat::Secs, true);
        let end = self.until.and_then(|day| day.checked_add_days(Days::new(1)));
        self.parameters("search", &self.search, self.from.map(instant), end.map(instant))
    }

    /// Returns the query of the address, without phone numbers.
    fn for_address(&self) -> String {
        let is_number = phone::prefix(&self.search).is_some_and(|number| number.len() > NUMBER_DIGITS);
        let search = if is_number { "" } else { &self.search };
        let text = |day: NaiveDate| day.to_string();
        self.parameters("q", search, self.from.map(text), self.until.map(text))
    }

    fn parameters(&self, name: &str, search: &str, from: Option<String>, until: Option<String>) -> String {
        let all = [
            (name, Some(search.to_owned()).filter(|search| !search.is_empty())),
            ("status", self.status.map(|status| status.as_str().to_owned())),
            ("key_id", self.key.map(|key| key.to_string())),
            ("from", from),
            ("until", until),
        ];
        all.into_iter()
            .filter_map(|(name, value)| Some(format!("&{name}={}", encode(&value?))))
            .collect()
    }

    fn read(query: &ParamsMap) -> Self {
        Self {
            search: query.get_str("q").unwrap_or_default().trim().to_owned(),
            status: query.get_str("status").and_then(CallStatus::parse),
            key: query.get_str("key_id").and_then(|id| id.parse().ok()),
            from: query.get_str("from").and_then(|day| day.parse().ok()),
            until: query.get_str("until").and_then(|day| day.parse().ok()),
        }
    }
}

/// Filter of the calls and the open call.
#[derive(Clone, Copy)]
pub struct CallFilter {
    /// Text in the search box.
    pub typed: RwSignal<String>,
    /// Criteria of the listed calls.
    pub criteria: RwSignal<Criteria>,
    /// Call with open details.
    pub open: Memo<Option<Uuid>>,
    replace: Callback<String>,
    push: Callback<String>,
    timer: Timer,
}

impl CallFilter {
    /// Creates the filter from the address, and tracks it.
    #[must_use]
    pub fn from_address() -> Self {
        // Not `use_query_map`, which changes later than the path.
        let (query, pathname) = (use_location().query, use_location().pathname);
        let (replace, push) = (use_replace(), use_push());
        let criteria = RwSignal::new(query.with_untracked(Criteria::read));
        let typed = RwSignal::new(criteria.with_untracked(|criteria| criteria.search.clone()));
        // The back button and a link to this page change the address under it.
        Effect::watch(
            move || query.with(Criteria::read),
            move |now, _, _| {
                let is_here = pathname.get_untracked() == ConsoleRoute::Calls.path();
                let is_written = criteria.with_untracked(|known| known.for_address() == now.for_address());
                if is_here && !is_written {
                    typed.set(now.search.clone());
                    criteria.set(now.clone());
                }
            },
            false,
        );
        Self {
            typed,
            criteria,
            open: Memo::new(move |_| query.with(|query| query.get_str("call")?.parse().ok())),
            replace: Callback::new(move |to: String| replace(&to)),
            push: Callback::new(move |to: String| push(&to)),
            timer: use_timer(),
        }
    }

    /// Handles input in the search box.
    pub fn type_search(self, text: String) {
        self.typed.set(text);
        self.timer.start(PAUSE, move || {
            let search = self.typed.get_untracked().trim().to_owned();
            self.change(|criteria| criteria.search = search);
        });
    }

    /// Changes the criteria.
    pub fn change(self, change: impl FnOnce(&mut Criteria)) {
        let mut criteria = self.criteria.get_untracked();
        change(&mut criteria);
        if self.criteria.with_untracked(|known| *known != criteria) {
            self.criteria.set(criteria);
            let address = untrack(|| self.address(self.open.get()));
            self.replace.run(address);
        }
    }

    /// Removes all criteria.
    pub fn clear(self) {
        self.timer.stop();
        self.typed.set(String::new());
        self.change(|criteria| *criteria = Criteria::default());
    }

    /// Opens a call. The back button closes it.
    pub fn show(self, call: Uuid) {
        self.push.run(untrack(|| self.address(Some(call))));
    }

    /// Closes the open call.
    pub fn close(self) {
        self.replace.run(untrack(|| self.address(None)));
    }

    /// Returns the path of a call in this list, or of the list.
    #[must_use]
    pub fn address(self, call: Option<Uuid>) -> String {
        let call = call.map(|id| format!("&call={id}")).unwrap_or_default();
        let parameters = self.criteria.with(Criteria::for_address) + &call;
        let mark = if parameters.is_empty() { "" } else { "?" };
        let path = ConsoleRoute::Calls.path();
        format!("{path}{mark}{}", parameters.trim_start_matches('&'))
    }
}
