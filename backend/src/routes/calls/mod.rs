//! The call log.

pub mod get;
pub mod list;
