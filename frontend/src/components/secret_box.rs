//! A secret in a box with Copy beside it.

use std::time::Duration;

use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;
use web_sys::HtmlTextAreaElement;

use super::clipboard::copy_from;
use super::empty_state::Alert;
use super::focus::focused;
use super::icon::{Glyph, Icon};
use crate::hooks::timer::use_timer;

const TICK_FOR: Duration = Duration::from_secs(2);

/// A box whose text can be copied. The text leaves the document with it.
#[component]
pub fn SecretBox(
    /// Accessible name of the box.
    label: &'static str,
    #[prop(default = "Copy")] copy_label: &'static str,
    /// Error message for a failed copy.
    copy_error: &'static str,
    #[prop(into)] text: Signal<String>,
    #[prop(optional)] autofocus: bool,
    /// Called after the text has been copied.
    #[prop(optional, into)]
    on_copied: Option<Callback<()>>,
    /// Whether Copy is the main action.
    #[prop(optional, into)]
    primary: Signal<bool>,
) -> impl IntoView {
    let node = NodeRef::<html::Textarea>::new();
    let copied = RwSignal::new(false);
    let error = RwSignal::new(None::<String>);
    let timer = use_timer();
    // An element that has left the document may live on for a while, with its text.
    let area = StoredValue::new_local(None::<HtmlTextAreaElement>);
    Effect::new(move |_| area.set_value(node.get()));
    on_cleanup(move || {
        if let Some(Some(area)) = area.try_get_value() {
            area.set_value("");
        }
    });
    let copy = move |_| {
        let Some(area) = node.get_untracked() else { return };
        spawn_local(async move {
            let worked = copy_from(&area).await;
            copied.try_set(worked);
            timer.start(TICK_FOR, move || {
                copied.try_set(false);
            });
            error.try_set((!worked).then(|| copy_error.to_owned()));
            if let Some(on_copied) = on_copied.filter(|_| worked) {
                on_copied.run(());
            }
        });
    };
    let icon = move || {
        if copied.get() {
            view! { <Icon glyph=Glyph::Tick /> }
        } else {
            view! { <Icon glyph=Glyph::Copy /> }
        }
    };
    view! {
        <div class="secret">
            <div class="key-box">
                <textarea
                    aria-label=label
                    readonly
                    rows="2"
                    translate="no"
                    spellcheck="false"
                    autocomplete="off"
                    autofocus=autofocus
                    node_ref=node
                    prop:value=text
                    on:focus=move |_| select_all(node.get_untracked())
                ></textarea>
                <button
                    type="button"
                    class="button"
                    class:button-primary=move || primary.get()
                    on:click=copy
                >
                    <span class="copy-icon" class:copied=move || copied.get()>{icon}</span>
                    {copy_label}
                </button>
            </div>
            <p class="visually-hidden" role="status">
                {move || if copied.get() { "Copied to the clipboard" } else { "" }}
            </p>
            <Alert message=error />
        </div>
    }
}

/// Selects the text after the browser has placed its caret. Selecting takes the focus, so it is skipped if the focus has
/// moved on.
fn select_all(area: Option<HtmlTextAreaElement>) {
    let Some(area) = area else { return };
    request_animation_frame(move || {
        if focused().as_ref() == Some(area.as_ref()) {
            area.select();
        }
    });
}
