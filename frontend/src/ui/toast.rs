//! A short message that passes.

use std::time::Duration;

use leptos::prelude::*;

use super::icon::{Glyph, Icon};
use super::timer::Timer;

const SHOWN_FOR: Duration = Duration::from_secs(5);

/// One line that closes itself after five seconds; not while the pointer or the keyboard is on it.
#[component]
pub fn ToastLine(
    /// The line.
    text: String,
    /// Whether something failed.
    failed: bool,
    /// Takes it away.
    on_close: Callback<()>,
) -> impl IntoView {
    let timer = Timer::new();
    let start = move || timer.set(SHOWN_FOR, move || on_close.run(()));
    start();
    view! {
        <div
            class="toast"
            class:toast-failed=failed
            on:pointerenter=move |_| timer.stop()
            on:pointerleave=move |_| start()
            on:focusin=move |_| timer.stop()
            on:focusout=move |_| start()
        >
            <Glyph icon=if failed { Icon::Warning } else { Icon::Tick } />
            <p>{text}</p>
            <button type="button" class="close" aria-label="Dismiss" on:click=move |_| on_close.run(())>
                <Glyph icon=Icon::Cross />
            </button>
        </div>
    }
}
