//! The server's clock: a wrong clock on the visitor's machine must not change a badge.

use chrono::{DateTime, TimeDelta, Utc};
use leptos::prelude::*;
use leptos_use::{use_document_visibility, use_interval_fn};
use web_sys::VisibilityState;

/// Interval at which displayed times are updated.
const TICK_MS: u64 = 1000;

/// The time on the server.
#[derive(Clone, Copy)]
pub struct Clock {
    /// Difference between the server's clock and the browser's.
    offset: StoredValue<TimeDelta>,
    tick: RwSignal<DateTime<Utc>>,
}

impl Clock {
    /// Provides the context. Until the server has sent its time, the browser's is used.
    pub fn provide() {
        let clock = Self {
            offset: StoredValue::new(TimeDelta::zero()),
            tick: RwSignal::new(browser_now()),
        };
        let visibility = use_document_visibility();
        let tick = move || {
            if visibility.get() == VisibilityState::Visible {
                clock.tick.set(clock.now());
            }
        };
        use_interval_fn(move || untrack(tick), TICK_MS);
        // Timers of a hidden tab are slow.
        Effect::new(move |_| tick());
        provide_context(clock);
    }

    /// Returns the time.
    #[must_use]
    pub fn now(self) -> DateTime<Utc> {
        browser_now() + self.offset.get_value()
    }

    /// Returns the time of the last second, and tracks it.
    #[must_use]
    pub fn tick(self) -> DateTime<Utc> {
        self.tick.get()
    }

    /// Sets the clock to the time that the server has just sent.
    pub fn correct(self, server_time: DateTime<Utc>) {
        self.offset
            .set_value(server_time.signed_duration_since(browser_now()));
    }
}

/// Returns the context of [`Clock::provide`].
#[must_use]
pub fn use_clock() -> Clock {
    expect_context()
}

#[expect(
    clippy::disallowed_methods,
    reason = "the only reader of the browser's clock, which is corrected here"
)]
fn browser_now() -> DateTime<Utc> {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "whole milliseconds, far below 2^53"
    )]
    let millis = js_sys::Date::now() as i64;
    DateTime::from_timestamp_millis(millis).unwrap_or_default()
}
