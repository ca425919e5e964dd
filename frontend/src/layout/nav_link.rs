//! Links within the page.

use leptos::ev::MouseEvent;
use leptos::prelude::*;

use crate::state::location::use_location;
use crate::state::route::Route;
use crate::ui::icon::{Glyph, Icon};

/// A link to a route. A plain click stays within the page; any other one is the browser's.
#[component]
pub fn NavLink(
    /// Where it leads.
    to: Route,
    /// Its word.
    label: &'static str,
    /// What stands before the word.
    icon: Icon,
) -> impl IntoView {
    let location = use_location();
    let follow = move |event: MouseEvent| {
        if is_plain(&event) {
            event.prevent_default();
            location.push(to.path());
        }
    };
    view! {
        <a
            class="nav-link"
            href=to.path()
            aria-current=move || (location.route() == to).then_some("page")
            on:click=follow
        >
            <Glyph icon />
            {label}
        </a>
    }
}

/// Whether a click asks for nothing but to follow the link here.
#[must_use]
pub fn is_plain(event: &MouseEvent) -> bool {
    event.button() == 0
        && !(event.meta_key() || event.ctrl_key() || event.shift_key() || event.alt_key())
        && !event.default_prevented()
}
