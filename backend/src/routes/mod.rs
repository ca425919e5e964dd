//! One handler a file: error, request, handler, in that order.

pub mod api_keys;
pub mod auth;
pub mod call_results;
pub mod calls;
pub mod dialout;
pub mod docs;
pub mod fleet;
pub mod health;
pub mod openapi;
pub mod problems;
pub mod session;
pub mod settings;
pub mod setup;
pub mod webhooks;
