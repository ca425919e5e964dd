//! Placing a call.

mod order;
pub mod place;
