//! One small set of icons, drawn on a grid of 16.

use leptos::prelude::*;

/// Drawing of an icon.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Glyph {
    /// The product.
    Brand,
    /// An API key.
    Key,
    /// Settings.
    Sliders,
    /// Add.
    Plus,
    /// Search.
    Search,
    /// Copy.
    Copy,
    /// Success.
    Tick,
    /// Close.
    Cross,
    /// Delete.
    Bin,
    /// Switch on or off.
    Power,
    /// Sorted, smallest first.
    Up,
    /// Sorted, greatest first.
    Down,
    /// Warning.
    Warning,
    /// Sign out.
    Exit,
    /// Calls.
    Phone,
    /// The voice fleet.
    Servers,
    /// A webhook.
    Hook,
}

impl Glyph {
    const fn path(self) -> &'static str {
        match self {
            Self::Brand => {
                "M8 1.75a6.25 6.25 0 1 0 0 12.5a6.25 6.25 0 0 0 0-12.5M8 5.25v5.5M5.25 6.75v2.5M10.75 6.75v2.5"
            }
            Self::Key => {
                "M10.25 9.25a3.5 3.5 0 1 0-3.35-2.5L2.25 11.4v2.35H4.6v-1.5h1.5v-1.5l1.9-1.87M11 5.1v.05"
            }
            Self::Sliders => "M2 4.5h6.5M12.5 4.5H14M2 11.5h1.5M7.5 11.5H14M10.5 2.75v3.5M5.5 9.75v3.5",
            Self::Plus => "M8 3.25v9.5M3.25 8h9.5",
            Self::Search => "M7 2.5a4.5 4.5 0 1 0 0 9a4.5 4.5 0 0 0 0-9M10.3 10.3l3.2 3.2",
            Self::Copy => "M5.75 5.75h7.5v7.5h-7.5zM10.25 5.5V2.75h-7.5v7.5H5.5",
            Self::Tick => "M3.25 8.5l3 3l6.5-7",
            Self::Cross => "M4 4l8 8M12 4l-8 8",
            Self::Bin => "M2.75 4.25h10.5M6 4V2.5h4V4M4.25 4.5l.5 9h6.5l.5-9M6.75 7v4M9.25 7v4",
            Self::Power => "M8 2v5.5M4.6 4.1a5.25 5.25 0 1 0 6.8 0",
            Self::Up => "M8 12.75v-9.5M4.25 7L8 3.25L11.75 7",
            Self::Down => "M8 3.25v9.5M4.25 9L8 12.75L11.75 9",
            Self::Warning => "M8 2.25l6.25 11.25H1.75zM8 6.5v3.25M8 11.6v.05",
            Self::Phone => {
                "M3.25 2.5h2.4l1.1 2.9l-1.5 1.1a7.5 7.5 0 0 0 4.25 4.25l1.1-1.5l2.9 1.1v2.4c0 .5-.4.9-.9.9A10.25 10.25 0 0 1 2.35 3.4c0-.5.4-.9.9-.9"
            }
            Self::Servers => "M2.75 2.75h10.5v4H2.75zM2.75 9.25h10.5v4H2.75zM5.25 4.75v.05M5.25 11.25v.05",
            Self::Hook => {
                "M6.1 7.2a2.75 2.75 0 1 1 3.9-3.4M6.1 7.2L4.2 10.7M9.6 9.6a2.75 2.75 0 1 1-.2 3.8M8.2 5.1l1.9 4.3M9.3 11.75H6.6a2.6 2.6 0 1 1-3.3-3.1"
            }
            Self::Exit => "M6.25 2.75h-3.5v10.5h3.5M6.25 8h7.5M10.75 5l3 3l-3 3",
        }
    }
}

/// An icon. Screen readers skip it: the word beside it has its meaning.
#[component]
pub fn Icon(glyph: Glyph) -> impl IntoView {
    view! {
        <svg class="icon" viewBox="0 0 16 16" aria-hidden="true" focusable="false">
            <path d=glyph.path()></path>
        </svg>
    }
}
