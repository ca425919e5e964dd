//! What voice workers tell.

pub mod create;
mod repair;
mod report;
