//! What is done over and over while the page is looked at.

use std::time::Duration;

use web_sys::VisibilityState;

use super::timer::Timer;
use crate::reactive::*;

/// How often what is shown is read anew.
const EVERY: Duration = Duration::from_secs(5);

/// Calls `refresh` every five seconds while the page can be seen, and at once when it can be seen again. Make it in a
/// component; it ends with it.
pub fn pulse(refresh: impl Fn() + Copy + 'static) {
    let timer = Timer::new();
    wait(timer, refresh);
    // The event is the document's, and bubbles to the window.
    let seen = window_event_listener(ev::visibilitychange, move |_| {
        if is_seen() {
            refresh();
            wait(timer, refresh);
        } else {
            timer.stop();
        }
    });
    on_cleanup(move || seen.remove());
}

fn wait(timer: Timer, refresh: impl Fn() + Copy + 'static) {
    timer.set(EVERY, move || {
        if is_seen() {
            refresh();
        }
        wait(timer, refresh);
    });
}

fn is_seen() -> bool {
    document().visibility_state() == VisibilityState::Visible
}
