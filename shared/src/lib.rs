//! What travels between server and page, and what both must agree on.
//!
//! There is no IO here and no clock: whoever needs the present hands in `now`. Everything compiles to WASM.

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
