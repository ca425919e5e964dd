//! The Settings page. Each section saves on its own.

pub mod timezone;

use leptos::prelude::*;

use crate::layout::page_head::PageHead;
use crate::ui::el::el;
use timezone::TimezoneSection;

/// What a person chooses for themselves.
#[component]
pub fn SettingsPage() -> impl IntoView {
    el("div")
        .view(view! { <PageHead label="Settings" /> })
        .view(view! { <TimezoneSection /> })
}
