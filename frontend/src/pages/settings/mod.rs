//! The Settings page. Each section is saved on its own.

pub mod timezone;

use leptos::prelude::*;

use crate::layout::page_head::PageHead;
use timezone::TimezoneSection;

/// A person's own settings.
#[component]
pub fn SettingsPage() -> impl IntoView {
    view! {
        <PageHead title="Settings" />
        <TimezoneSection />
    }
}
