//! Badges.

use super::el::{El, el};

/// What a badge's colour says; its word says it too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// It works.
    Green,
    /// It was stopped.
    Red,
    /// It is over.
    Grey,
    /// It is under way.
    Blue,
    /// It needs a look.
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
#[must_use]
pub fn badge(tone: Tone, label: &str) -> El {
    el("span").class(tone.class()).text(label)
}
