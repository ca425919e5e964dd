//! The console's page: a single-page app over the console's REST interface.
//!
//! [`api`] speaks to the server, [`state`] is what outlives a page, [`ui`] draws parts that know neither, [`forms`] check what was
//! typed, [`pages`] bring them together and [`layout`] frames them. Whatever needs no browser is tested on the host.

pub mod api;
pub mod app;
pub mod forms;
pub mod layout;
pub mod pages;
pub mod state;
pub mod time;
pub mod ui;

/// Puts the page into the document's body.
pub fn start() {
    leptos::mount::mount_to_body(app::App);
}
