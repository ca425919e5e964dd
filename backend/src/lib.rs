//! The server: the console's API, the check of API keys, and the page.
//!
//! From route to SQL there are two hops: extractor → handler → store method. `router` shows every route on one
//! screen; `engine` is the only file that names an engine.

pub mod app;
pub mod clock;
pub mod commands;
pub mod config;
pub mod connections;
pub mod dialling;
pub mod dials;
pub mod docs;
pub mod engine;
pub mod error;
pub mod expiry;
pub mod extract;
pub mod logging;
pub mod middleware;
pub mod openapi;
pub mod page;
pub mod passwords;
pub mod phone;
pub mod random;
pub mod router;
pub mod routes;
pub mod signals;
pub mod startup;
pub mod throttle;
pub mod webhooks;
pub mod workers;
