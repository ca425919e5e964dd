//! A timer that can be set anew.

use std::time::Duration;

use crate::reactive::*;

/// Waits at most this long at once: beyond 2^31 ms (24.8 days) browsers fire at once.
pub const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// One timer. Setting it anew forgets what it was set to, and so does the clean-up of whoever made it.
#[derive(Clone, Copy)]
pub struct Timer {
    handle: StoredValue<Option<TimeoutHandle>, LocalStorage>,
}

impl Timer {
    /// A timer that is not set. Make it in a component.
    #[must_use]
    pub fn new() -> Self {
        let this = Self {
            handle: StoredValue::new_local(None),
        };
        on_cleanup(move || this.stop());
        this
    }

    /// Calls `then` after that time.
    pub fn set(&self, after: Duration, then: impl FnOnce() + 'static) {
        self.stop();
        let handle = set_timeout_with_handle(then, after.min(LONGEST)).ok();
        self.handle.set_value(handle);
    }

    /// Forgets what it was set to.
    pub fn stop(&self) {
        let handle = self.handle.try_update_value(Option::take).flatten();
        if let Some(handle) = handle {
            handle.clear();
        }
    }
}

impl Default for Timer {
    fn default() -> Self {
        Self::new()
    }
}
