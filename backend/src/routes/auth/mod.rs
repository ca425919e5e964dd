//! The presented API key.

pub mod whoami;
