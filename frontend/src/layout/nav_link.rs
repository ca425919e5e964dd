//! Links within the page.

use wasm_bindgen::JsCast;
use web_sys::{Event, MouseEvent};

use crate::state::location::{Location, use_location};
use crate::state::route::Route;
use crate::ui::el::{El, el};
use crate::ui::icon::{Icon, glyph};

/// A link to a route. A plain click stays within the page; any other one is the browser's.
#[must_use]
pub fn nav_link(to: Route, label: &str, icon: Icon) -> El {
    let location = use_location();
    el("a")
        .class("nav-link")
        .attr("href", to.path())
        .live_attr("aria-current", move || {
            (location.route() == to).then(|| "page".to_owned())
        })
        .on("click", move |event| follow(&event, location, to.path()))
        .child(glyph(icon))
        .text(label)
}

/// Follows a link within the page, if that is what a click asks for.
pub fn follow(event: &Event, location: Location, to: &str) {
    if event.dyn_ref::<MouseEvent>().is_some_and(is_plain) {
        event.prevent_default();
        location.push(to);
    }
}

/// Whether a click asks for nothing but to follow the link here.
#[must_use]
pub fn is_plain(event: &MouseEvent) -> bool {
    event.button() == 0
        && !(event.meta_key() || event.ctrl_key() || event.shift_key() || event.alt_key())
        && !event.default_prevented()
}
