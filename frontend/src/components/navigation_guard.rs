//! Guards a page against leaving while something on it would be lost.

use leptos::ev;
use leptos::prelude::*;
use leptos_use::{UseEventListenerOptions, use_event_listener_with_options};
use wasm_bindgen::JsValue;

use crate::hooks::window_event::use_window_event;

/// While a guard is active, the back button calls `on_attempt` instead of leaving the page, and the browser asks before the
/// tab is closed or reloaded.
///
/// A second history entry of the same address absorbs the step back. Links need no guard: a dialog is open meanwhile.
#[derive(Clone, Copy)]
pub struct NavigationGuard {
    held: StoredValue<Option<Held>>,
}

#[derive(Clone)]
struct Held {
    url: String,
    /// Number of steps back that lead out of the page.
    depth: i32,
}

/// Guards the page while `active` holds.
pub fn use_navigation_guard(active: Signal<bool>, on_attempt: Callback<()>) -> NavigationGuard {
    let guard = NavigationGuard {
        held: StoredValue::new(None),
    };
    // The router listens to this event too; a capturing listener runs before it.
    let capture = UseEventListenerOptions::default().capture(true);
    let _ = use_event_listener_with_options(
        window(),
        ev::popstate,
        move |event| {
            if guard.absorb() {
                event.stop_immediate_propagation();
                on_attempt.run(());
            }
        },
        capture,
    );
    use_window_event(ev::beforeunload, move |event| {
        if guard.is_held() {
            event.prevent_default();
            event.set_return_value("leave");
        }
    });
    Effect::new(move |_| {
        if active.get() {
            guard.hold();
        } else {
            guard.release();
        }
    });
    on_cleanup(move || guard.release());
    guard
}

impl NavigationGuard {
    /// Leaves the page after an attempt.
    pub fn leave(self) {
        if let Some(Held { depth, .. }) = self.let_go() {
            let _ = window()
                .history()
                .and_then(|history| history.go_with_delta(-depth));
        }
    }

    fn hold(self) {
        if self.is_held() {
            return;
        }
        let url = current_url();
        push_entry(&url);
        self.held.set_value(Some(Held { url, depth: 2 }));
    }

    /// Takes the second entry back. The router sees a step that changes nothing.
    fn release(self) {
        if let Some(Held { depth, .. }) = self.let_go()
            && depth > 1
        {
            let _ = window().history().and_then(|history| history.back());
        }
    }

    fn is_held(self) -> bool {
        self.held.try_with_value(Option::is_some).unwrap_or(false)
    }

    fn let_go(self) -> Option<Held> {
        self.held.try_update_value(Option::take).flatten()
    }

    /// Takes a step in the history back, and returns whether the page is held.
    fn absorb(self) -> bool {
        let absorbed = self.held.try_update_value(|held| {
            let held = held.as_mut()?;
            // The browser may have skipped the second entry; then one step leads out of the current one.
            held.depth = if current_url() == held.url { 2 } else { 1 };
            push_entry(&held.url);
            Some(())
        });
        absorbed.flatten().is_some()
    }
}

fn current_url() -> String {
    let location = window().location();
    format!(
        "{}{}",
        location.pathname().unwrap_or_default(),
        location.search().unwrap_or_default()
    )
}

fn push_entry(url: &str) {
    let _ = window()
        .history()
        .and_then(|history| history.push_state_with_url(&JsValue::NULL, "", Some(url)));
}
