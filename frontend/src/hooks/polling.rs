//! Periodic refresh while the page is visible.

use std::time::Duration;

use leptos::ev;
use leptos::prelude::*;
use leptos_use::{use_document_visibility, use_interval_fn};
use web_sys::VisibilityState;

use super::timer::use_timer;
use super::window_event::use_window_event;

/// Interval between two refreshes.
const INTERVAL_MS: u64 = 5000;
/// Time within which the events of one return to the tab arrive.
const RETURN: Duration = Duration::from_millis(50);

/// Calls `refresh` every five seconds while the page is visible, and once when it becomes visible again.
pub fn use_polling(refresh: impl Fn() + Copy + 'static) {
    let visibility = use_document_visibility();
    use_interval_fn(
        move || {
            if visibility.get_untracked() == VisibilityState::Visible {
                refresh();
            }
        },
        INTERVAL_MS,
    );
    Effect::watch(
        move || visibility.get(),
        move |now, _, _| {
            if *now == VisibilityState::Visible {
                refresh();
            }
        },
        false,
    );
}

/// Calls `then` once whenever a person comes back to the tab or its window.
pub fn use_return(then: impl Fn() + Copy + 'static) {
    let timer = use_timer();
    let returned = move || {
        if document().visibility_state() == VisibilityState::Visible {
            timer.start(RETURN, then);
        }
    };
    use_window_event(ev::focus, move |_| returned());
    use_window_event(ev::visibilitychange, move |_| returned());
}
