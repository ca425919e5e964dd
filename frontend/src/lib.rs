//! The console: a single-page application over the console's REST interface.
//!
//! [`api`] sends requests, [`state`] holds what outlives a page, [`hooks`] and [`components`] are shared by the pages,
//! [`forms`] validate input, [`pages`] has a component per route and [`layout`] frames them. Code that needs no browser is
//! tested on the host.

#![expect(
    missing_docs,
    reason = "properties of a component are named as the attributes of an element are"
)]
#![expect(
    clippy::needless_pass_by_value,
    reason = "a component owns its properties, whether or not its view moves them"
)]

pub mod api;
pub mod app;
pub mod components;
pub mod forms;
pub mod hooks;
pub mod layout;
pub mod pages;
pub mod state;

pub use app::App;
