//! The Settings page. Each section saves on its own.

pub mod timezone;

use leptos::prelude::*;

use crate::layout::page_head::PageHead;
use timezone::TimezoneSection;

/// What a person chooses for themselves.
#[component]
pub fn SettingsPage() -> impl IntoView {
    view! {
        <PageHead label="Settings" />
        <TimezoneSection />
    }
}
