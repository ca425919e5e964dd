//! The console in a real browser, on the built binary and a real database.
//!
//! One program for all themes, so that it is linked once. `cargo xtask test` sets up what it needs. Each test quotes
//! what it shows from the description of the API Keys page, or says in words of its own what a person may rely on.

mod support;

mod calls;
mod care;
mod create;
mod expiry;
mod figures;
mod fleet;
mod keyboard;
mod list;
mod looks;
mod manage;
mod pictures;
mod plain_http;
mod privacy;
mod reading;
mod resilience;
mod settings;
mod sign_in;
mod size;
mod smoke;
mod using;
mod webhooks;
