//! Giving up on a request.

use std::time::Duration;

use crate::reactive::{TimeoutHandle, set_timeout_with_handle};
use web_sys::{AbortController, AbortSignal};

/// How long an answer is waited for. Without a limit a lost connection would leave a button pending for good.
const LIMIT: Duration = Duration::from_secs(30);

/// Aborts its request when it is dropped or when the answer takes too long.
///
/// A future that reads for a page is dropped when the page is left, and the request goes with it.
pub struct AbortOnDrop {
    controller: AbortController,
    limit: Option<TimeoutHandle>,
}

impl AbortOnDrop {
    /// A fresh one, whose time starts now. `None` where the browser has no `AbortController`.
    #[must_use]
    pub fn new() -> Option<Self> {
        let controller = AbortController::new().ok()?;
        let late = controller.clone();
        let limit = set_timeout_with_handle(move || late.abort(), LIMIT).ok();
        Some(Self { controller, limit })
    }

    /// What the request listens to.
    #[must_use]
    pub fn signal(&self) -> AbortSignal {
        self.controller.signal()
    }
}

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        if let Some(limit) = self.limit {
            limit.clear();
        }
        // An answer that has been read to its end is not touched by this.
        self.controller.abort();
    }
}
