//! Tests the console in a real browser, on the built binary and a real database.
//!
//! All modules are one test program, so that it is linked once. `cargo xtask test` installs its requirements. Each test
//! quotes the description of the API Keys page, or describes the expected behaviour.

mod support;

mod accessibility;
mod call_log;
mod docs_pages;
mod edge_cases;
mod fleet;
mod key_creation;
mod key_expiry;
mod key_list;
mod key_management;
mod key_semantics;
mod keyboard;
mod large_lists;
mod plain_http;
mod privacy;
mod resilience;
mod screenshots;
mod settings;
mod sign_in;
mod smoke;
mod timings;
mod webhooks;
