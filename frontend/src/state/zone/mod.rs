//! The display timezone, which rules every date on every page.

mod intl;
mod wall;

use chrono::{DateTime, NaiveDate, Utc};
use leptos::prelude::*;
use ori_shared::timezone;

pub use wall::Wall;

/// Under which name the choice is cached, so that the first paint needs no answer from the server.
const CACHE: &str = "ori.timezone";

/// The display timezone.
#[derive(Clone, Copy)]
pub struct Zone {
    name: RwSignal<String>,
}

impl Zone {
    /// Starts at the cached choice, else at the browser's zone, and offers itself as context.
    pub fn provide() -> Self {
        let name = cached().unwrap_or_else(browsers);
        let this = Self {
            name: RwSignal::new(name),
        };
        provide_context(this);
        this
    }

    /// The zone's IANA name.
    pub fn name(&self) -> String {
        self.name.get()
    }

    /// Takes that zone from now on. One that the browser does not know is told in UTC, and says so.
    pub fn choose(&self, name: &str) {
        if let Some(storage) = storage() {
            let _ = storage.set_item(CACHE, name);
        }
        if self.name.with_untracked(|old| old != name) {
            self.name.set(name.to_owned());
        }
    }

    /// What calendar and clock show at that instant.
    pub fn wall(&self, at: DateTime<Utc>) -> Wall {
        self.name.with(|name| wall_in(name, at))
    }

    /// Which day it is.
    pub fn day(&self, at: DateTime<Utc>) -> NaiveDate {
        self.wall(at).day()
    }
}

/// What calendar and clock show in that zone at that instant.
#[must_use]
pub fn wall_in(zone: &str, at: DateTime<Utc>) -> Wall {
    intl::wall(zone, at).unwrap_or_else(|| Wall::in_utc(at))
}

/// The browser's zone, by the name under which it is offered.
#[must_use]
pub fn browsers() -> String {
    intl::browsers().map_or_else(
        || timezone::DEFAULT.to_owned(),
        |name| timezone::canonical(&name).to_owned(),
    )
}

/// The context that [`Zone::provide`] offered.
#[must_use]
pub fn use_zone() -> Zone {
    expect_context()
}

fn cached() -> Option<String> {
    let name = storage()?.get_item(CACHE).ok()??;
    intl::knows(&name).then_some(name)
}

/// `None` where the visitor allows no storage.
fn storage() -> Option<web_sys::Storage> {
    window().local_storage().ok().flatten()
}
