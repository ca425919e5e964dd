//! What became of calls.

pub mod get;
pub mod list;
