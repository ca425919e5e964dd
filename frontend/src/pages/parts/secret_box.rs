//! A secret, or what holds one, in a box with Copy beside it.

use std::time::Duration;

use leptos::html::Textarea;
use leptos::prelude::*;

use crate::state::task::start;
use crate::ui::clipboard::copy_from;
use crate::ui::icon::{Glyph, Icon};
use crate::ui::notice::Alert;
use crate::ui::timer::Timer;

const TICK_FOR: Duration = Duration::from_secs(2);

/// The box. What is in it is gone with it.
#[component]
pub fn SecretBox(
    /// Its accessible name.
    label: &'static str,
    /// What is in it.
    #[prop(into)]
    text: Signal<Option<String>>,
    /// What to say where copying fails.
    fault: &'static str,
    /// What the button says.
    #[prop(default = "Copy")]
    copy: &'static str,
    /// Whether it has the focus when it appears.
    #[prop(optional)]
    autofocus: bool,
) -> impl IntoView {
    let area = NodeRef::<Textarea>::new();
    let copied = RwSignal::new(false);
    let failed = RwSignal::new(None::<String>);
    let timer = Timer::new();
    // The document's own copy goes too: an element that is out of the document may live on for a while.
    on_cleanup(move || {
        if let Some(area) = area.try_get_untracked().flatten() {
            area.set_value("");
        }
    });
    let on_copy = move |_| {
        let Some(area) = area.get_untracked() else {
            return;
        };
        start(async move {
            let worked = copy_from(&area).await;
            copied.set(worked);
            timer.set(TICK_FOR, move || copied.set(false));
            failed.set((!worked).then(|| fault.to_owned()));
        });
    };
    view! {
        <div class="key-box">
            <textarea
                node_ref=area
                aria-label=label
                readonly
                autofocus=autofocus
                rows="2"
                spellcheck="false"
                autocomplete="off"
                prop:value=move || text.get()
                on:focus=move |_| select_all(area)
            ></textarea>
            <button type="button" class="button" on:click=on_copy>
                {move || {
                    let icon = if copied.get() { Icon::Tick } else { Icon::Copy };
                    view! { <span class="copy-icon" class:copied=copied><Glyph icon /></span> }
                }}
                {copy}
            </button>
        </div>
        <p class="visually-hidden" role="status">{move || copied.get().then_some("Copied to the clipboard")}</p>
        <Alert text=failed />
    }
}

/// After the browser has put its caret where it thinks it belongs.
fn select_all(area: NodeRef<Textarea>) {
    request_animation_frame(move || {
        if let Some(area) = area.try_get_untracked().flatten() {
            area.select();
        }
    });
}
