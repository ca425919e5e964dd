//! Test support: the built server, and a browser with the actions of a person.

pub(crate) mod api_client;
pub(crate) mod axe;
pub(crate) mod browser;
pub(crate) mod console;
pub(crate) mod database;
pub(crate) mod environment;
pub(crate) mod fonts;
pub(crate) mod gallery;
pub(crate) mod process;
pub(crate) mod server;
pub(crate) mod voice_host;
pub(crate) mod webhook_receiver;

pub(crate) use api_client::Api;
pub(crate) use browser::Browser;
pub(crate) use console::Console;
pub(crate) use fonts::Fonts;
pub(crate) use server::Server;
