//! Buttons.

use leptos::prelude::*;

use super::icon::{Glyph, Icon};

/// Emphasis of a button.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub enum Variant {
    /// The main action of a view.
    Primary,
    /// Any other action.
    #[default]
    Plain,
    /// An action in a row.
    Quiet,
    /// Destructive action, used only in a confirmation.
    Danger,
}

impl Variant {
    const fn class(self) -> &'static str {
        match self {
            Self::Primary => "button button-primary",
            Self::Plain => "button",
            Self::Quiet => "button button-quiet",
            Self::Danger => "button button-danger",
        }
    }
}

/// A button.
#[component]
pub fn Button(
    /// Label.
    label: &'static str,
    /// Called when it is pressed.
    #[prop(optional, into)]
    on_press: Option<Callback<()>>,
    #[prop(optional)] variant: Variant,
    #[prop(optional, into)] icon: Option<Glyph>,
    /// While this is true, the button is disabled and shows `pending_label`.
    #[prop(optional, into)]
    pending: Signal<bool>,
    #[prop(optional)] pending_label: &'static str,
    #[prop(optional, into)] disabled: Signal<bool>,
    #[prop(optional)] id: Option<&'static str>,
    /// Whether it submits its form.
    #[prop(optional)]
    submit: bool,
) -> impl IntoView {
    let press = move |_| {
        if let Some(on_press) = on_press {
            on_press.run(());
        }
    };
    // Both labels lie on one spot, one of them invisible, so that the button keeps its width.
    let pending_word = (!pending_label.is_empty()).then(|| {
        view! { <span class:unseen=move || !pending.get()>{pending_label}</span> }
    });
    view! {
        <button
            type=if submit { "submit" } else { "button" }
            id=id
            class=variant.class()
            disabled=move || pending.get() || disabled.get()
            on:click=press
        >
            {icon.map(|glyph| view! { <Icon glyph /> })}
            <span class="words">
                <span class:unseen=move || pending_word_is_shown(pending, pending_label)>{label}</span>
                {pending_word}
            </span>
        </button>
    }
}

fn pending_word_is_shown(pending: Signal<bool>, pending_label: &str) -> bool {
    !pending_label.is_empty() && pending.get()
}
