//! What the server promises to whoever talks HTTP with it, shown on a port of its own with a database of its own.

#![expect(clippy::unwrap_used, reason = "in a test, a panic is the report")]

mod api_keys;
mod authorization;
mod commands;
mod compatibility;
mod connections;
mod credentials;
mod dialout;
#[path = "engine/sqlite.rs"]
mod engine;
mod expiry;
mod headers;
mod logs;
mod openapi;
mod options;
mod problems;
mod process;
mod proxies;
mod retention;
mod same_origin;
mod secrets;
mod session;
mod settings;
mod setup;
mod support;
mod throttle;
mod webhooks;
