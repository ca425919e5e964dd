//! What voice workers tell.

pub mod create;
