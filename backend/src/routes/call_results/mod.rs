//! Reports of voice workers.

pub mod create;
mod repair;
mod report;
