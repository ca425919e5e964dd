//! Form input and its validation: plain structs, tested on the host.

pub mod create_key;
pub mod sign_in;
