//! A timer that can be restarted.

use std::time::Duration;

use leptos::prelude::*;

/// One timeout. Starting it cancels the previous one, and so does the end of the component that created it.
#[derive(Clone, Copy)]
pub struct Timer {
    handle: StoredValue<Option<TimeoutHandle>>,
}

/// Returns a timer that is not running.
#[must_use]
pub fn use_timer() -> Timer {
    let timer = Timer {
        handle: StoredValue::new(None),
    };
    on_cleanup(move || timer.stop());
    timer
}

impl Timer {
    /// Calls `then` after the delay.
    pub fn start(self, delay: Duration, then: impl FnOnce() + 'static) {
        self.stop();
        self.handle.set_value(set_timeout_with_handle(then, delay).ok());
    }

    /// Cancels the timeout.
    pub fn stop(self) {
        if let Some(Some(handle)) = self.handle.try_update_value(Option::take) {
            handle.clear();
        }
    }
}
