//! Promises of the server on each database engine.

mod api_keys;
mod authorization;
mod dialout;
mod expiry;
mod revocation;
mod session;
mod settings;
mod setup;
mod webhooks;
