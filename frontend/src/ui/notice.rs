//! What stands where content would stand, and what stands before it.

use leptos::prelude::*;

use super::icon::{Glyph, Icon};

/// A centred message in the place of a table: nothing there, nothing found, nothing to be had. All are of one height.
#[component]
pub fn Placeholder(
    /// What there is to say.
    #[prop(into)]
    title: String,
    /// What to do about it.
    #[prop(optional, into)]
    text: String,
    /// What stands above it.
    #[prop(optional)]
    icon: Option<Icon>,
    /// Whether it is told at once, because something failed.
    #[prop(optional)]
    urgent: bool,
    /// Buttons.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    view! {
        <div class="placeholder" role=if urgent { "alert" } else { "status" }>
            {icon.map(|icon| view! { <span class="medal"><Glyph icon /></span> })}
            <p class="placeholder-title">{title}</p>
            {(!text.is_empty()).then(|| view! { <p class="placeholder-text">{text}</p> })}
            {children.map(|children| view! { <div class="placeholder-actions">{children()}</div> })}
        </div>
    }
}

/// A spinner and a word, in the place of a table. Style shows it only after a while, so that a quick answer does not flicker.
#[component]
pub fn Loading() -> impl IntoView {
    view! {
        <div class="placeholder late" role="status">
            <span class="spinner" aria-hidden="true"></span>
            <p class="placeholder-text">"Loading…"</p>
        </div>
    }
}

/// What went wrong, in a form or a dialog. Its place is in the document before its words are, so that they are announced.
#[component]
pub fn Alert(
    /// The words; none while all is well.
    #[prop(into)]
    text: Signal<Option<String>>,
) -> impl IntoView {
    view! {
        <div role="alert">
            {move || {
                text.get()
                    .map(|text| view! { <p class="alert"><Glyph icon=Icon::Warning /><span>{text}</span></p> })
            }}
        </div>
    }
}
