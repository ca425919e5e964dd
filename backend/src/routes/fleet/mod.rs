//! The voice fleet, for people in the console.

pub mod status;
