//! Badges.

use leptos::prelude::*;

/// Colour of a badge. Its word carries the same meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// It works.
    Green,
    /// It failed or was stopped.
    Red,
    /// It is over.
    Grey,
    /// It is under way.
    Blue,
    /// It needs attention.
    Amber,
}

impl Tone {
    const fn class(self) -> &'static str {
        match self {
            Self::Green => "badge badge-green",
            Self::Red => "badge badge-red",
            Self::Grey => "badge badge-grey",
            Self::Blue => "badge badge-blue",
            Self::Amber => "badge badge-amber",
        }
    }
}

/// A dot, a word and a tint.
#[component]
pub fn Badge(tone: Tone, label: &'static str) -> impl IntoView {
    view! { <span class=tone.class()>{label}</span> }
}
