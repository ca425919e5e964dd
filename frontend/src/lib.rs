//! The console's page: a single-page app over the console's REST interface.
//!
//! [`api`] speaks to the server, [`state`] is what outlives a page, [`ui`] draws parts that know neither, [`forms`]
//! check what was typed, [`pages`] bring them together and [`layout`] frames them. Whatever needs no browser is tested
//! on the host.

use std::mem;

use any_spawner::Executor;

use crate::reactive::*;

pub mod api;
pub mod app;
pub mod forms;
pub mod layout;
pub mod pages;
pub mod reactive;
pub mod state;
pub mod time;
pub mod ui;

/// Puts the page into the document's body.
pub fn start() {
    let _ = Executor::init_wasm_bindgen();
    let owner = Owner::new();
    let page = owner.with(app::app);
    if let Some(body) = document().body() {
        let _ = body.append_child(page.element());
    }
    // They are there for as long as the document is.
    mem::forget((owner, page));
}
