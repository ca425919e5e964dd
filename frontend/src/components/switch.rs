//! Switches.

use leptos::prelude::*;

/// A switch for something that takes effect at once.
#[component]
pub fn Switch(label: &'static str, on: RwSignal<bool>) -> impl IntoView {
    view! {
        <button
            type="button"
            class="switch"
            role="switch"
            aria-checked=move || on.get().to_string()
            on:click=move |_| on.update(|on| *on = !*on)
        >
            <span class="switch-track" aria-hidden="true"></span>
            {label}
        </button>
    }
}
