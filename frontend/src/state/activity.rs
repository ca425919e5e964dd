//! Activity of the person at the console.

use std::cell::Cell;
use std::time::Duration;

use leptos::ev;

use crate::hooks::window_event::use_window_event;

/// Time without input after which a person is idle.
const IDLE_AFTER: Duration = Duration::from_secs(60);

thread_local! {
    static IS_ACTIVE: Cell<bool> = const { Cell::new(true) };
}

/// Returns whether a person has used the console within the last minute. Background requests must not extend a session.
#[must_use]
pub fn is_active() -> bool {
    IS_ACTIVE.get()
}

/// Observes keyboard, mouse, touch and wheel for as long as the console is open.
pub(crate) fn observe() {
    let timer = crate::hooks::timer::use_timer();
    let used = move || {
        IS_ACTIVE.set(true);
        timer.start(IDLE_AFTER, || IS_ACTIVE.set(false));
    };
    used();
    use_window_event(ev::keydown, move |_| used());
    use_window_event(ev::pointerdown, move |_| used());
    use_window_event(ev::wheel, move |_| used());
}
