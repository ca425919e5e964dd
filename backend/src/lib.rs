//! The server: the console's API, the check of API keys, and the page.
//!
//! From route to SQL there are two hops: extractor → handler → store method. `router` shows every route on one
//! screen; `engine` is the only file that names an engine.

pub mod background;
pub mod clock;
pub mod commands;
pub mod config;
pub mod connections;
pub mod database;
pub mod dispatch;
pub mod docs;
pub mod end_of_day;
pub mod endpoint;
pub mod error;
pub mod extractors;
pub mod logging;
pub mod middleware;
pub mod openapi;
pub mod page;
pub mod passwords;
pub mod phone;
pub mod random;
pub mod recently_valid_keys;
pub mod router;
pub mod routes;
pub mod signals;
pub mod startup;
pub mod state;
pub mod throttle;
pub mod webhooks;
