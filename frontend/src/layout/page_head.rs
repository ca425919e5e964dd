//! A page's title, in the document and on the tab.

use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

use crate::reactive::*;
use crate::state::location::use_location;
use crate::ui::el::{El, el};

/// Names the tab.
pub fn title(page: &str) {
    document().set_title(&format!("{page} · Ori Console"));
}

/// Returns a page's heading, to which [`page_count`] and [`page_actions`] may be added.
///
/// When a page follows another, the heading gets the focus: that tells a screen reader where it is, as a real page load
/// would.
#[must_use]
pub fn page_head(label: &str) -> El {
    title(label);
    let heading = el("h1").attr("tabindex", "-1").text(label);
    if use_location().has_moved() {
        let heading = heading.element().clone();
        // Once it is in the document.
        request_animation_frame(move || {
            if let Some(heading) = heading.dyn_ref::<HtmlElement>() {
                let _ = heading.focus();
            }
        });
    }
    el("header").class("page-head").child(heading)
}

/// Returns how many entries the page shows, for its heading. The style sheet reserves its place, because the text
/// arrives after the page.
#[must_use]
pub fn page_count(text: impl Fn() -> String + 'static) -> El {
    el("p").class("count").attr("role", "status").live_text(text)
}

/// What can be done, at the end of the heading.
#[must_use]
pub fn page_actions() -> El {
    el("div").class("page-actions")
}
