//! Where the keyboard is.

use std::time::Duration;

use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

use crate::reactive::*;

/// The element that has the focus. `None` where the document itself has it, which is to say nobody.
#[must_use]
pub fn focused() -> Option<HtmlElement> {
    let element: HtmlElement = document().active_element()?.dyn_into().ok()?;
    (element.tag_name() != "BODY").then_some(element)
}

/// Gives the focus to the element of that id.
pub fn focus_id(id: &str) {
    if let Some(element) = by_id(id) {
        let _ = element.focus();
    }
}

/// Once the document has settled, gives the focus back to `element`, or to that id where the element is gone or
/// disabled.
///
/// Does nothing if somebody has the focus by then.
pub fn give_back(element: Option<HtmlElement>, otherwise: &'static str) {
    set_timeout(
        move || {
            if focused().is_some() {
                return;
            }
            if let Some(element) = element.filter(|element| element.is_connected()) {
                let _ = element.focus();
            }
            if focused().is_none() {
                focus_id(otherwise);
            }
        },
        Duration::ZERO,
    );
}

fn by_id(id: &str) -> Option<HtmlElement> {
    document().get_element_by_id(id)?.dyn_into().ok()
}
