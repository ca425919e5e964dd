//! A page's title, in the document and on the tab.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

use crate::state::location::use_location;
use crate::ui::el::el;

/// Names the tab.
pub fn title(page: &str) {
    document().set_title(&format!("{page} · Ori Console"));
}

/// A page's heading, with what stands beside it.
///
/// When a page follows another, the heading gets the focus: that tells a screen reader where it is, as a real page load would.
#[component]
pub fn PageHead(
    /// The page's name.
    label: &'static str,
    /// What is told beside it.
    #[prop(optional, into)]
    aside: Signal<String>,
    /// Buttons.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
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
    let head = el("header").class("page-head").child(heading).child(
        el("p")
            .class("count")
            .attr("role", "status")
            .live_text(move || aside.get()),
    );
    match children {
        Some(children) => head.child(el("div").class("page-actions").view(children())),
        None => head,
    }
}
