//! The pages as HTML.

mod layout;
mod markdown;
mod operation;
mod problems;
mod reference;
mod schema;

use maud::Markup;

pub(super) use self::problems::{one as problem, table as problems};
pub(super) use self::reference::render as reference;

/// Style sheet of all pages. Colours and type are the console's.
pub(super) const STYLE: &str = concat!(
    include_str!("../../../../frontend/styles/tokens.css"),
    include_str!("style.css")
);

/// Icon of all pages.
pub(super) const ICON: &str = include_str!("../../../../frontend/assets/favicon.svg");

/// Renders the guide for integrators.
pub(super) fn guide() -> Markup {
    let text = include_str!("../../../../docs/guide.md");
    layout::page(
        "Guide",
        "/docs/guide",
        Some(&markdown::contents(text)),
        &markdown::render(text),
    )
}
