//! The pages for people who integrate: reference, guide and error codes. They are made on the server from what is in the
//! binary, run no script, and load one style sheet and an icon, so that they work offline and under the strictest policy.

mod html;
mod markdown;
mod operation;
mod problems;
mod reference;
mod schema;

use std::sync::LazyLock;

use serde_json::Value;
use utoipa::OpenApi as _;

pub use self::problems::{list as problems, one as problem};
use crate::openapi::Document;

/// The style sheet of all pages. Colours and type are the console's.
pub const STYLE: &str = concat!(
    include_str!("../../../frontend/styles/tokens.css"),
    include_str!("style.css")
);

/// The icon of all pages.
pub const ICON: &str = include_str!("../../../frontend/assets/favicon.svg");

/// The guide for integrators.
#[must_use]
pub fn guide() -> &'static str {
    static PAGE: LazyLock<String> = LazyLock::new(|| {
        let text = include_str!("../../../docs/guide.md");
        let contents = markdown::contents(text);
        html::page("Guide", "/docs/guide", &contents, &markdown::render(text))
    });
    &PAGE
}

/// The reference, made from the OpenAPI document.
#[must_use]
pub fn reference() -> &'static str {
    static PAGE: LazyLock<String> = LazyLock::new(|| {
        let document = serde_json::to_value(Document::openapi()).unwrap_or(Value::Null);
        reference::render(&document)
    });
    &PAGE
}
