//! Placing a call.

mod canonical;
pub mod create;
mod validate;
