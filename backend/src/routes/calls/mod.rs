//! What became of calls.

pub mod list;
pub mod show;
