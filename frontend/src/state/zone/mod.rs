//! Display timezone, which applies to every date on every page.

mod intl;
mod wall;

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use ori_shared::timezone;

use leptos::prelude::*;

pub use wall::Wall;

/// Storage key of the cached choice, so that the first paint needs no response from the server.
const CACHE: &str = "ori.timezone";

/// The display timezone.
#[derive(Clone, Copy)]
pub struct Zone {
    name: RwSignal<String>,
}

impl Zone {
    /// Provides the context: the cached choice, or else the zone of the browser.
    pub fn provide() {
        provide_context(Self {
            name: RwSignal::new(cached().unwrap_or_else(browsers)),
        });
    }

    /// Returns the zone's IANA name.
    pub fn name(&self) -> String {
        self.name.get()
    }

    /// Sets the zone. A zone that the browser does not know is shown in UTC, labelled as such.
    pub fn choose(&self, name: &str) {
        if let Some(storage) = storage() {
            let _ = storage.set_item(CACHE, name);
        }
        if self.name.with_untracked(|old| old != name) {
            self.name.set(name.to_owned());
        }
    }

    /// Returns the local date and time at the instant.
    pub fn wall(&self, at: DateTime<Utc>) -> Wall {
        self.name.with(|name| wall_in(name, at))
    }

    /// Returns the instant at which the day begins.
    pub fn start_of(&self, day: NaiveDate) -> DateTime<Utc> {
        self.name.with(|name| start_of(day, |at| wall_in(name, at).local))
    }

    /// Returns the day of the instant.
    pub fn day(&self, at: DateTime<Utc>) -> NaiveDate {
        self.wall(at).day()
    }
}

/// Returns the local date and time in the zone at the instant.
#[must_use]
pub fn wall_in(zone: &str, at: DateTime<Utc>) -> Wall {
    intl::wall(zone, at).unwrap_or_else(|| Wall::in_utc(at))
}

/// Returns the instant at which a day begins, with `local` as the conversion to local time.
///
/// The offset around midnight is found by converting the instant of the previous guess. If clocks jump at midnight, the
/// second guess is the first instant of the new offset.
fn start_of(day: NaiveDate, local: impl Fn(DateTime<Utc>) -> NaiveDateTime) -> DateTime<Utc> {
    let midnight = day.and_time(NaiveTime::MIN);
    let mut guess = midnight.and_utc();
    for _ in 0..2 {
        guess = (midnight - (local(guess) - guess.naive_utc())).and_utc();
    }
    guess
}

/// Returns the browser's zone, by the name under which it is offered.
#[must_use]
pub fn browsers() -> String {
    intl::browsers().map_or_else(
        || timezone::DEFAULT.to_owned(),
        |name| timezone::canonical(&name).to_owned(),
    )
}

/// Returns the context of [`Zone::provide`].
#[must_use]
pub fn use_zone() -> Zone {
    expect_context()
}

fn cached() -> Option<String> {
    let name = storage()?.get_item(CACHE).ok()??;
    intl::knows(&name).then_some(name)
}

/// Returns the storage; `None` if the visitor denies it.
fn storage() -> Option<web_sys::Storage> {
    window().local_storage().ok().flatten()
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().expect("a time")
    }

    #[test]
    fn a_day_begins_at_its_local_midnight() {
        let day: NaiveDate = "2026-11-23".parse().unwrap();
        for (minutes, begins) in [
            (0, "2026-11-23T00:00:00Z"),
            (330, "2026-11-22T18:30:00Z"),
            (-300, "2026-11-23T05:00:00Z"),
        ] {
            let local = |at: DateTime<Utc>| at.naive_utc() + TimeDelta::minutes(minutes);
            assert_eq!(start_of(day, local), at(begins));
        }
    }

    /// In Berlin, clocks go forward at 01:00 UTC on 29 March 2026 and back at 01:00 UTC on 25 October.
    #[test]
    fn a_day_on_which_clocks_change_begins_before_they_do() {
        let berlin = |now: DateTime<Utc>| {
            let summer = at("2026-03-29T01:00:00Z") <= now && now < at("2026-10-25T01:00:00Z");
            now.naive_utc() + TimeDelta::hours(if summer { 2 } else { 1 })
        };
        for (day, begins) in [
            ("2026-03-29", "2026-03-28T23:00:00Z"),
            ("2026-03-30", "2026-03-29T22:00:00Z"),
            ("2026-10-25", "2026-10-24T22:00:00Z"),
            ("2026-10-26", "2026-10-25T23:00:00Z"),
        ] {
            assert_eq!(start_of(day.parse().unwrap(), berlin), at(begins), "{day}");
        }
    }
}
