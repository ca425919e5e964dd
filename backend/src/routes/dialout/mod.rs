//! Placing a call.

mod canonical;
mod order;
pub mod place;
