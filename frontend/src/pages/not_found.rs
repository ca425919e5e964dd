//! Page for unknown addresses.

use leptos::prelude::*;
use leptos_router::components::A;
use ori_shared::route::ConsoleRoute;

use crate::layout::page_head::set_title;

/// Error message with a link to an existing page.
#[component]
pub fn NotFoundPage() -> impl IntoView {
    set_title("Page not found");
    view! {
        <div class="not-found">
            <h1 tabindex="-1">"Page not found"</h1>
            <p>"We couldn’t find that page."</p>
            <A href=ConsoleRoute::ApiKeys.path() attr:class="nav-link">
                "Go to API Keys"
            </A>
        </div>
    }
}
