//! The page for an address that leads nowhere.

use leptos::prelude::*;

use crate::layout::nav_link::NavLink;
use crate::layout::page_head::title;
use crate::state::route::Route;
use crate::ui::icon::Icon;

/// Says that there is nothing here, and leads on.
#[component]
pub fn NotFound() -> impl IntoView {
    title("Page not found");
    view! {
        <main class="lone">
            <h1>"Page not found"</h1>
            <p>"There is no page at this address. It may have been mistyped."</p>
            <NavLink to=Route::ApiKeys label="Go to API Keys" icon=Icon::Key />
        </main>
    }
}
