//! Switches.

use super::el::{El, el};
use crate::reactive::*;

/// What is on or off, at once.
#[must_use]
pub fn switch(label: &str, on: RwSignal<bool>) -> El {
    el("button")
        .attr("type", "button")
        .class("switch")
        .attr("role", "switch")
        .live_attr("aria-checked", move || Some(on.get().to_string()))
        .on("click", move |_| on.update(|on| *on = !*on))
        .child(el("span").class("switch-track").attr("aria-hidden", "true"))
        .text(label)
}
