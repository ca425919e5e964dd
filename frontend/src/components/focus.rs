//! Keyboard focus.

use std::time::Duration;

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{FocusOptions, HtmlElement};

/// Returns the element that has the focus; `None` if it is the document itself.
#[must_use]
pub fn focused() -> Option<HtmlElement> {
    let element: HtmlElement = document().active_element()?.dyn_into().ok()?;
    (element.tag_name() != "BODY").then_some(element)
}

/// Moves the focus to the element with this id.
pub fn focus_id(id: &str) {
    if let Some(element) = by_id(id) {
        let _ = element.focus();
    }
}

/// Moves the focus to the element with this id after the next paint has been prepared, because it may not exist yet.
pub fn focus_id_soon(id: &'static str) {
    request_animation_frame(move || focus_id(id));
}

/// Returns the focus to `element` once the document has settled, or to the element with the id `fallback` if the first is
/// gone or disabled. The window stays where it is scrolled to.
///
/// Does nothing if something has the focus by then.
pub fn restore_focus(element: Option<HtmlElement>, fallback: &'static str) {
    set_timeout(
        move || {
            if focused().is_some() {
                return;
            }
            let options = FocusOptions::new();
            options.set_prevent_scroll(true);
            if let Some(element) = element.filter(|element| element.is_connected()) {
                let _ = element.focus_with_options(&options);
            }
            if focused().is_none()
                && let Some(fallback) = by_id(fallback)
            {
                let _ = fallback.focus_with_options(&options);
            }
        },
        Duration::ZERO,
    );
}

fn by_id(id: &str) -> Option<HtmlElement> {
    document().get_element_by_id(id)?.dyn_into().ok()
}
