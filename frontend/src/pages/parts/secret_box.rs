//! A secret, or what holds one, in a box with Copy beside it.

use std::time::Duration;

use leptos::html::Textarea;
use leptos::prelude::*;

use crate::state::task::start;
use crate::ui::clipboard::copy_from;
use crate::ui::el::el;
use crate::ui::icon::{Icon, glyph};
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
    let area_box = el("textarea")
        .attr("aria-label", label)
        .attr("readonly", "")
        .attr("rows", "2")
        .attr("spellcheck", "false")
        .attr("autocomplete", "off")
        .live_prop("value", move || text.get().unwrap_or_default().into())
        .on("focus", move |_| select_all(area))
        .node_ref(area);
    let area_box = if autofocus {
        area_box.attr("autofocus", "")
    } else {
        area_box
    };
    let icon = el("span")
        .live_attr("class", move || {
            Some(
                if copied.get() {
                    "copy-icon copied"
                } else {
                    "copy-icon"
                }
                .to_owned(),
            )
        })
        .live(move || Some(glyph(if copied.get() { Icon::Tick } else { Icon::Copy })));
    let button = el("button")
        .attr("type", "button")
        .class("button")
        .on("click", on_copy)
        .child(icon)
        .text(copy);
    let told = el("p").class("visually-hidden").attr("role", "status");
    let told = told.live_text(move || {
        if copied.get() {
            "Copied to the clipboard"
        } else {
            ""
        }
        .to_owned()
    });
    el("div")
        .class("secret")
        .child(el("div").class("key-box").child(area_box).child(button))
        .child(told)
        .view(view! { <Alert text=failed /> })
}

/// After the browser has put its caret where it thinks it belongs.
fn select_all(area: NodeRef<Textarea>) {
    request_animation_frame(move || {
        if let Some(area) = area.try_get_untracked().flatten() {
            area.select();
        }
    });
}
