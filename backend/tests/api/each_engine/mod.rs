//! What the server promises whatever engine its database has.

mod api_keys;
mod authorization;
mod dialout;
mod expiry;
mod revocation;
mod session;
mod settings;
mod setup;
mod webhooks;
