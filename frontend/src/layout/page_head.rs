//! A page's title, in the document and on the tab.

use leptos::html::H1;
use leptos::prelude::*;

use crate::state::location::use_location;

/// Names the tab.
pub fn title(page: &str) {
    document().set_title(&format!("{page} · Ori Console"));
}

/// A page's heading, with what stands beside it.
///
/// When a page follows another, the heading gets the focus: that tells a screen reader where it is, as a real page load would.
#[component]
pub fn PageHead(
    /// The page's name.
    label: &'static str,
    /// What is told beside it.
    #[prop(optional, into)]
    aside: Signal<String>,
    /// Buttons.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    title(label);
    let heading = NodeRef::<H1>::new();
    if use_location().has_moved() {
        heading.on_load(|heading| {
            let _ = heading.focus();
        });
    }
    view! {
        <header class="page-head">
            <h1 node_ref=heading tabindex="-1">{label}</h1>
            <p class="count" role="status">{move || aside.get()}</p>
            {children.map(|children| view! { <div class="page-actions">{children()}</div> })}
        </header>
    }
}
