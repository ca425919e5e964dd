//! What was typed, and whether it can be sent. Plain structs, tested on the host.

pub mod create_key;
pub mod sign_in;
