//! What a key may know of itself.

pub mod whoami;
