//! Badges.

use leptos::prelude::*;

/// What a badge's colour says; its word says it too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// It works.
    Green,
    /// It was stopped.
    Red,
    /// It is over.
    Grey,
}

impl Tone {
    const fn class(self) -> &'static str {
        match self {
            Self::Green => "badge badge-green",
            Self::Red => "badge badge-red",
            Self::Grey => "badge badge-grey",
        }
    }
}

/// A dot, a word and a tint.
#[component]
pub fn Badge(
    /// Its tint.
    tone: Tone,
    /// Its word.
    label: &'static str,
) -> impl IntoView {
    view! { <span class=tone.class()>{label}</span> }
}
