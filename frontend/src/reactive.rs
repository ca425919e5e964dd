//! Leptos' signals, and its hands on the document: the crates that Leptos is made of, without Leptos' views and server functions.
//!
//! The `leptos` crate itself brings along, for every page, what a server function may want in the browser: streams, a second way to
//! fetch, their JavaScript. That would be a twentieth of this page, which calls no such function.

pub use leptos_dom::helpers::*;
pub use reactive_graph::callback::*;
pub use reactive_graph::computed::*;
pub use reactive_graph::effect::*;
pub use reactive_graph::graph::untrack;
pub use reactive_graph::owner::*;
pub use reactive_graph::prelude::*;
pub use reactive_graph::signal::*;
pub use tachys::html::event as ev;

/// Does that, and does it again whenever the signals change that it reads. Boxed, so that its code is in the page once.
pub fn follow(run: impl Fn() + 'static) {
    let run: Box<dyn Fn()> = Box::new(run);
    Effect::new(run);
}
