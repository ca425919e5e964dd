//! One handler per file, named after its verb.

pub mod api_keys;
pub mod auth;
pub mod call_results;
pub mod calls;
pub mod dialout;
pub mod fleet;
pub mod health;
pub mod session;
pub mod settings;
pub mod setup;
pub mod webhooks;
