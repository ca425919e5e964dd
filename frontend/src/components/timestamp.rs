//! Points in time.

use chrono::{DateTime, SecondsFormat, Utc};
use leptos::prelude::*;

use crate::state::zone::{Wall, use_zone};

/// A point in time in the display timezone; the tooltip has it to the second.
#[component]
pub fn Timestamp(
    at: DateTime<Utc>,
    /// Formatter of the text.
    format: fn(&Wall) -> String,
) -> impl IntoView {
    let zone = use_zone();
    let wall = Memo::new(move |_| zone.wall(at));
    view! {
        <time datetime=machine(at) title=move || wall.read().exact()>
            {move || format(&wall.read())}
        </time>
    }
}

/// A point in time as a text that changes as time passes, such as “2 hours ago”.
#[component]
pub fn RelativeTime(at: DateTime<Utc>, #[prop(into)] words: Signal<String>) -> impl IntoView {
    let zone = use_zone();
    view! {
        <time datetime=machine(at) title=move || zone.wall(at).exact()>
            {move || words.get()}
        </time>
    }
}

fn machine(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}
