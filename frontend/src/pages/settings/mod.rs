//! The Settings page. Each section saves on its own.

pub mod timezone;

use crate::layout::page_head::page_head;
use crate::ui::el::{El, el};
use timezone::timezone_section;

/// What a person chooses for themselves.
#[must_use]
pub fn settings_page() -> El {
    el("div").child(page_head("Settings")).child(timezone_section())
}
