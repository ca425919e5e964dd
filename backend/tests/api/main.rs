//! Promises of the server to its clients. Each test has its own server and database.
//!
//! The modules within `each_engine` run on either engine, which `ORI_TEST_ENGINE` names.

#![expect(clippy::unwrap_used, reason = "in a test, a panic is the report")]

mod commands;
mod compatibility;
mod connections;
mod credentials;
mod each_engine;
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
mod throttle;
