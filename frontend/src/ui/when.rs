//! A point in time.

use leptos::prelude::*;

/// What is told of a point in time, coarse and exact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moment {
    /// What is read, e.g. `2 hours ago`.
    pub text: String,
    /// What the tooltip tells: to the second, with the zone.
    pub exact: String,
    /// What a program reads: RFC 3339.
    pub machine: String,
}

/// A point in time, or `--` where there is none.
///
/// Only a mouse finds a tooltip; style says its words once more, unseen, after the text.
#[component]
pub fn When(
    /// The point in time.
    moment: Memo<Option<Moment>>,
) -> impl IntoView {
    move || match moment.get() {
        Some(Moment { text, exact, machine }) => {
            view! { <time datetime=machine title=exact>{text}</time> }.into_any()
        }
        None => view! { <span class="none">"--"</span> }.into_any(),
    }
}
