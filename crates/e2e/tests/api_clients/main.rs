//! What integrators do with the API's description: check it, generate clients from it, and hold it against the server.
//!
//! `cargo xtask test` sets up what it needs: the tools that are locked in `node/` and `python/`.

mod clients;
mod conformance;
mod guide;

mod linters;
mod support;
