//! What stands where content would stand, and what stands before it.

use leptos::prelude::*;

use super::el::el;
use super::icon::{Icon, glyph};

/// A centred message in the place of a table: nothing there, nothing found, nothing to be had. All are of one height.
#[component]
pub fn Placeholder(
    /// What there is to say.
    #[prop(into)]
    title: String,
    /// What to do about it.
    #[prop(optional, into)]
    text: String,
    /// What stands above it.
    #[prop(optional)]
    icon: Option<Icon>,
    /// Whether it is told at once, because something failed.
    #[prop(optional)]
    urgent: bool,
    /// Buttons.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let mut placeholder = el("div")
        .class("placeholder")
        .attr("role", if urgent { "alert" } else { "status" })
        .children(icon.map(|icon| el("span").class("medal").child(glyph(icon))))
        .child(el("p").class("placeholder-title").text(title));
    if !text.is_empty() {
        placeholder = placeholder.child(el("p").class("placeholder-text").text(text));
    }
    match children {
        Some(children) => placeholder.child(el("div").class("placeholder-actions").view(children())),
        None => placeholder,
    }
}

/// A spinner and a word, in the place of a table. Style shows it only after a while, so that a quick answer does not flicker.
#[component]
pub fn Loading() -> impl IntoView {
    el("div")
        .class("placeholder late")
        .attr("role", "status")
        .child(el("span").class("spinner").attr("aria-hidden", "true"))
        .child(el("p").class("placeholder-text").text("Loading…"))
}

/// What went wrong, in a form or a dialog. Its place is in the document before its words are, so that they are announced.
#[component]
pub fn Alert(
    /// The words; none while all is well.
    #[prop(into)]
    text: Signal<Option<String>>,
) -> impl IntoView {
    el("div").attr("role", "alert").live(move || {
        let words = el("span").text(&text.get()?);
        Some(el("p").class("alert").child(glyph(Icon::Warning)).child(words))
    })
}
