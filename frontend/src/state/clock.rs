//! The server's clock: a wrong clock on the visitor's machine must not change what a badge says.

use chrono::{DateTime, TimeDelta, Utc};

use crate::reactive::*;

/// Tells the server's time.
#[derive(Clone, Copy)]
pub struct Clock {
    /// How far the server's clock is ahead of the browser's.
    ahead: StoredValue<TimeDelta>,
}

impl Clock {
    /// Offers itself as context. Until the server has told its time, the browser's is taken for it.
    pub fn provide() -> Self {
        let this = Self {
            ahead: StoredValue::new(TimeDelta::zero()),
        };
        provide_context(this);
        this
    }

    /// The server's time now.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        browser_now() + self.ahead.get_value()
    }

    /// The server has just told its time.
    pub fn correct(&self, server_time: DateTime<Utc>) {
        self.ahead
            .set_value(server_time.signed_duration_since(browser_now()));
    }
}

/// The context that [`Clock::provide`] offered.
#[must_use]
pub fn use_clock() -> Clock {
    expect_context()
}

#[expect(
    clippy::disallowed_methods,
    reason = "this is the one place that asks the browser, so that it can be corrected"
)]
fn browser_now() -> DateTime<Utc> {
    // Whole milliseconds since 1970, well below 2^53.
    #[expect(clippy::cast_possible_truncation, reason = "whole, and far below 2^53")]
    let millis = js_sys::Date::now() as i64;
    DateTime::from_timestamp_millis(millis).unwrap_or_default()
}
