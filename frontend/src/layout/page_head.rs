//! A page's heading and the title of its tab.

use leptos::prelude::*;

/// Sets the title of the tab.
pub fn set_title(page: &str) {
    document().set_title(&format!("{page} · Ori Console"));
}

/// A page's heading.
#[component]
pub fn PageHead(
    title: &'static str,
    /// Number of entries that the page shows. Its space is reserved, because the text arrives after the page.
    #[prop(optional, into)]
    count: Option<Signal<String>>,
    /// Actions, at the end of the heading.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    set_title(title);
    view! {
        <header class="page-head">
            <h1 tabindex="-1">{title}</h1>
            {count.map(|count| view! { <p class="count" role="status">{move || count.get()}</p> })}
            {children.map(|children| view! { <div class="page-actions">{children()}</div> })}
        </header>
    }
}
