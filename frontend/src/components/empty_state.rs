//! Placeholders for content that is empty, loading or failed.

use leptos::prelude::*;

use super::button::Button;
use super::icon::{Glyph, Icon};

/// A centred message instead of a table.
#[component]
pub fn EmptyState(
    glyph: Glyph,
    title: &'static str,
    #[prop(into)] text: String,
    /// Buttons below the text.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    message("status", glyph, title, text, children)
}

/// A centred error message with a button that tries again.
#[component]
pub fn Failure(
    title: &'static str,
    #[prop(into)] text: String,
    #[prop(into)] on_retry: Callback<()>,
) -> impl IntoView {
    let retry: Children =
        Box::new(move || view! { <Button label="Try again" on_press=on_retry /> }.into_any());
    message("alert", Glyph::Warning, title, text, Some(retry))
}

fn message(
    role: &'static str,
    glyph: Glyph,
    title: &'static str,
    text: String,
    actions: Option<Children>,
) -> impl IntoView {
    view! {
        <div class="placeholder" role=role>
            <span class="empty-icon">
                <Icon glyph />
            </span>
            <p class="placeholder-title">{title}</p>
            <p class="placeholder-text">{text}</p>
            {actions.map(|actions| view! { <div class="placeholder-actions">{actions()}</div> })}
        </div>
    }
}

/// A spinner with a label. The style sheet shows it after a delay, so that a quick response does not flicker.
#[component]
pub fn Loading() -> impl IntoView {
    view! {
        <div class="placeholder delayed" role="status">
            <span class="spinner" aria-hidden="true"></span>
            <p class="placeholder-text">"Loading…"</p>
        </div>
    }
}

/// An error in a form or a dialog. The element is in the document before its text, so that screen readers announce it.
#[component]
pub fn Alert(#[prop(into)] message: Signal<Option<String>>) -> impl IntoView {
    view! {
        <div role="alert">
            {move || {
                message
                    .get()
                    .map(|message| {
                        view! {
                            <p class="alert">
                                <Icon glyph=Glyph::Warning />
                                <span>{message}</span>
                            </p>
                        }
                    })
            }}
        </div>
    }
}
