//! A secret, or what holds one, in a box with Copy beside it.

use std::time::Duration;

use wasm_bindgen::JsCast;
use web_sys::HtmlTextAreaElement;

use crate::reactive::*;
use crate::state::task::start;
use crate::ui::clipboard::copy_from;
use crate::ui::el::{El, el};
use crate::ui::focus::focused;
use crate::ui::icon::{Icon, glyph};
use crate::ui::notice::alert;
use crate::ui::timer::Timer;

const TICK_FOR: Duration = Duration::from_secs(2);

/// What a box says besides what is in it.
#[derive(Clone, Copy)]
pub struct Words {
    /// Its accessible name.
    pub label: &'static str,
    /// What the button says.
    pub copy: &'static str,
    /// What to say where copying fails.
    pub fault: &'static str,
}

/// The box. What is in it is gone with it. `autofocus` is whether it has the focus when it appears.
#[must_use]
pub fn secret_box(words: Words, text: impl Fn() -> Option<String> + 'static, autofocus: bool) -> El {
    let Words { label, copy, fault } = words;
    let area = el("textarea");
    let element: StoredValue<HtmlTextAreaElement, LocalStorage> =
        StoredValue::new_local(area.element().clone().unchecked_into());
    let copied = RwSignal::new(false);
    let failed = RwSignal::new(None::<String>);
    let timer = Timer::new();
    // The document's own copy goes too: an element that is out of the document may live on for a while.
    on_cleanup(move || {
        element.with_value(|area| area.set_value(""));
    });
    let on_copy = move |_| {
        let area = element.get_value();
        start(async move {
            let worked = copy_from(&area).await;
            copied.set(worked);
            timer.set(TICK_FOR, move || copied.set(false));
            failed.set((!worked).then(|| fault.to_owned()));
        });
    };
    let area = area
        .attr("aria-label", label)
        .attr("readonly", "")
        .attr("rows", "2")
        .attr("spellcheck", "false")
        .attr("autocomplete", "off")
        .live_prop("value", move || text().unwrap_or_default().into())
        .on("focus", move |_| select_all(element.get_value()));
    let area = if autofocus {
        area.attr("autofocus", "")
    } else {
        area
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
        .child(el("div").class("key-box").child(area).child(button))
        .child(told)
        .child(alert(move || failed.get()))
}

/// After the browser has put its caret where it thinks it belongs. To select takes the focus: who has gone on meanwhile
/// is not called back.
fn select_all(area: HtmlTextAreaElement) {
    request_animation_frame(move || {
        if focused().as_ref() == Some(area.as_ref()) {
            area.select();
        }
    });
}
