//! Wire types, and the rules that server and console share.
//!
//! The crate has no IO and no clock: callers pass `now`. All of it compiles to WASM.

pub mod account;
pub mod api_key;
pub mod call;
pub mod error_code;
pub mod fleet;
pub mod instant;
pub mod key_sort;
mod newer_words;
pub mod page;
pub mod patch;
pub mod phone;
pub mod problem;
pub mod relative_time;
pub mod route;
pub mod search;
pub mod session;
pub mod settings;
pub mod text;
pub mod timestamp;
pub mod timezone;
pub mod unicode;
pub mod webhook;
