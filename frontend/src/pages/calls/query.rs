//! What is asked for, which lives in the address.

use std::time::Duration;

use chrono::{Days, NaiveDate, SecondsFormat};
use ori_shared::call::CallStatus;
use uuid::Uuid;

use crate::api::client::encode;
use crate::reactive::*;
use crate::state::location::{Location, use_location};
use crate::state::route::Route;
use crate::state::zone::Zone;
use crate::time;
use crate::ui::timer::Timer;

/// A pause in typing is soon enough to ask the server.
const PAUSE: Duration = Duration::from_millis(300);

/// Which calls are asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// The beginning of a number, a reference or a bot, or a whole id.
    pub search: String,
    /// Only those that stand there.
    pub status: Option<CallStatus>,
    /// Only those made with that key.
    pub key: Option<Uuid>,
    /// Only those of that day or later.
    pub from: Option<NaiveDate>,
    /// Only those of that day or earlier.
    pub until: Option<NaiveDate>,
}

/// What is asked for, and which call is open.
#[derive(Clone, Copy)]
pub struct Query {
    /// What was typed into the search; asked for after a pause.
    pub typed: RwSignal<String>,
    /// What is asked for.
    pub wanted: RwSignal<Wanted>,
    /// The call whose details are open.
    pub open: RwSignal<Option<Uuid>>,
    location: Location,
    timer: Timer,
}

impl Wanted {
    /// Whether anything is left out.
    #[must_use]
    pub fn filters(&self) -> bool {
        *self != Self::default()
    }

    /// For the server, which knows instants and no days.
    #[must_use]
    pub fn for_server(&self, zone: Zone) -> String {
        let instant = |day: NaiveDate| zone.start_of(day).to_rfc3339_opts(SecondsFormat::Secs, true);
        self.parameters(
            "search",
            self.from.map(instant),
            self.until
                .and_then(|day| day.checked_add_days(Days::new(1)))
                .map(instant),
        )
    }

    /// For the address, where days stay days.
    fn for_address(&self) -> String {
        self.parameters(
            "q",
            self.from.map(|day| day.to_string()),
            self.until.map(|day| day.to_string()),
        )
    }

    fn parameters(&self, search: &str, from: Option<String>, until: Option<String>) -> String {
        let text = Some(self.search.clone()).filter(|text| !text.is_empty());
        let status = self.status.map(|status| status.as_str().to_owned());
        let key = self.key.map(|key| key.to_string());
        let all = [
            (search, text),
            ("status", status),
            ("key_id", key),
            ("from", from),
            ("until", until),
        ];
        all.into_iter()
            .filter_map(|(name, value)| Some(format!("&{name}={}", encode(&value?))))
            .collect()
    }

    fn read(location: Location) -> Self {
        let read = |name| location.param(name);
        Self {
            search: read("q").unwrap_or_default().trim().to_owned(),
            status: read("status").and_then(|name| CallStatus::parse(&name)),
            key: read("key_id").and_then(|id| id.parse().ok()),
            from: read("from").and_then(|day| time::day(&day)),
            until: read("until").and_then(|day| time::day(&day)),
        }
    }
}

impl Query {
    /// As it stands in the address. Make it in a component.
    #[must_use]
    pub fn new() -> Self {
        let location = use_location();
        let wanted = untrack(|| Wanted::read(location));
        let this = Self {
            typed: RwSignal::new(wanted.search.clone()),
            wanted: RwSignal::new(wanted),
            open: RwSignal::new(untrack(|| open_in(location))),
            location,
            timer: Timer::new(),
        };
        this.follow_address();
        this
    }

    /// Somebody types.
    pub fn type_search(self, text: String) {
        self.typed.set(text);
        self.timer.set(PAUSE, move || {
            let search = self.typed.get_untracked().trim().to_owned();
            self.want(move |wanted| wanted.search = search);
        });
    }

    /// Asks for something else.
    pub fn want(self, change: impl FnOnce(&mut Wanted)) {
        let mut wanted = self.wanted.get_untracked();
        change(&mut wanted);
        if self.wanted.with_untracked(|old| *old != wanted) {
            self.wanted.set(wanted);
            self.location.replace(&self.address(self.open.get_untracked()));
        }
    }

    /// Asks for all calls.
    pub fn clear(self) {
        self.timer.stop();
        self.typed.set(String::new());
        self.want(|wanted| *wanted = Wanted::default());
    }

    /// Opens a call. The back button closes it.
    pub fn show(self, call: Uuid) {
        self.location.push(&self.address(Some(call)));
    }

    /// Closes it.
    pub fn close(self) {
        self.location.replace(&self.address(None));
    }

    /// Where a call can be found again.
    pub fn address(self, open: Option<Uuid>) -> String {
        let open = open.map(|id| format!("&call={id}")).unwrap_or_default();
        let parameters = self.wanted.with(Wanted::for_address) + &open;
        let mark = if parameters.is_empty() { "" } else { "?" };
        format!(
            "{}{mark}{}",
            Route::Calls.path(),
            parameters.trim_start_matches('&')
        )
    }

    /// The address may change under the page: by the back button, by a link to this very page.
    fn follow_address(self) {
        follow(move || {
            let (wanted, open) = (Wanted::read(self.location), open_in(self.location));
            // On another page's address there is nothing to follow: this one is about to go.
            if self.location.route() != Route::Calls {
                return;
            }
            if self.open.get_untracked() != open {
                self.open.set(open);
            }
            if self.wanted.with_untracked(|old| *old != wanted) {
                self.typed.set(wanted.search.clone());
                self.wanted.set(wanted);
            }
        });
    }
}

impl Default for Query {
    fn default() -> Self {
        Self::new()
    }
}

fn open_in(location: Location) -> Option<Uuid> {
    location.param("call").and_then(|id| id.parse().ok())
}
