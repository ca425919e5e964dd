//! What stands where content would stand, and what stands before it.

use super::button::Button;
use super::el::{El, el};
use super::icon::{Icon, glyph};

/// A centred message in the place of a table: nothing there, nothing found. All are of one height.
#[must_use]
pub fn placeholder(icon: Icon, title: &str, text: impl AsRef<str>) -> El {
    message("status", icon, title, text.as_ref())
}

/// The same where something failed: it is told at once, and can be tried again.
#[must_use]
pub fn failure(title: &str, text: impl AsRef<str>, again: Button) -> El {
    message("alert", Icon::Warning, title, text.as_ref()).child(way_out(again))
}

/// The button below a [`placeholder`].
#[must_use]
pub fn way_out(button: Button) -> El {
    el("div").class("placeholder-actions").child(button)
}

fn message(role: &str, icon: Icon, title: &str, text: &str) -> El {
    el("div")
        .class("placeholder")
        .attr("role", role)
        .child(el("span").class("medal").child(glyph(icon)))
        .child(el("p").class("placeholder-title").text(title))
        .child(el("p").class("placeholder-text").text(text))
}

/// A spinner and a word, in the place of a table. Style shows it only after a while, so that a quick answer does not
/// flicker.
#[must_use]
pub fn loading() -> El {
    el("div")
        .class("placeholder late")
        .attr("role", "status")
        .child(el("span").class("spinner").attr("aria-hidden", "true"))
        .child(el("p").class("placeholder-text").text("Loading…"))
}

/// What went wrong, in a form or a dialog. Its place is in the document before its words are, so that they are
/// announced.
#[must_use]
pub fn alert(words: impl Fn() -> Option<String> + 'static) -> El {
    el("div").attr("role", "alert").live(move || {
        let words = el("span").text(words()?);
        Some(el("p").class("alert").child(glyph(Icon::Warning)).child(words))
    })
}
