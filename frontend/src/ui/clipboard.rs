//! Copying text.

use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::{HtmlDocument, HtmlTextAreaElement};

use super::focus::focused;
use crate::reactive::*;

/// Copies what is in that box. Returns whether it worked.
///
/// Over plain http there is no clipboard interface; there, and where the browser refuses it, the box is selected and
/// copied as if by hand.
pub async fn copy_from(area: &HtmlTextAreaElement) -> bool {
    if window().is_secure_context() && write(&area.value()).await {
        return true;
    }
    by_hand(area)
}

async fn write(text: &str) -> bool {
    JsFuture::from(window().navigator().clipboard().write_text(text))
        .await
        .is_ok()
}

fn by_hand(area: &HtmlTextAreaElement) -> bool {
    let before = focused();
    let _ = area.focus();
    area.select();
    let copied = document()
        .dyn_into::<HtmlDocument>()
        .is_ok_and(|document| document.exec_command("copy").unwrap_or(false));
    if let Some(before) = before {
        let _ = before.focus();
    }
    copied
}
