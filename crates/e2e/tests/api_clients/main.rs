//! Uses the API description with other people's tools: checks it, generates clients from it, and compares it with the
//! server.
//!
//! `cargo xtask test` installs the tools, which are locked in `node/` and `python/`.

mod clients;
mod conformance;
mod guide;

mod linters;
mod support;
