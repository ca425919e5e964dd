//! The page for an address that leads nowhere.

use crate::layout::nav_link::nav_link;
use crate::layout::page_head::title;
use crate::state::route::Route;
use crate::ui::el::{El, el};
use crate::ui::icon::Icon;

/// Says that there is nothing here, and leads on.
#[must_use]
pub fn not_found() -> El {
    title("Page not found");
    let words = "There is no page at this address. It may have been mistyped.";
    el("main")
        .class("lone")
        .child(el("h1").text("Page not found"))
        .child(el("p").text(words))
        .child(nav_link(Route::ApiKeys, "Go to API Keys", Icon::Key))
}
