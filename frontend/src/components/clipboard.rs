//! Copying text.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::{HtmlDocument, HtmlTextAreaElement};

use super::focus::focused;

/// Copies the text of a box, and returns whether that succeeded.
///
/// Over plain HTTP there is no clipboard interface. In this case, and if the browser denies access, the box is selected
/// and copied with the browser's command.
pub async fn copy_from(area: &HtmlTextAreaElement) -> bool {
    if window().is_secure_context() && copy_text(&area.value()).await {
        return true;
    }
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

async fn copy_text(text: &str) -> bool {
    JsFuture::from(window().navigator().clipboard().write_text(text))
        .await
        .is_ok()
}
