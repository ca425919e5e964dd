//! Promises that only PostgreSQL has: replicas, a lossy network, the import.

#![expect(clippy::unwrap_used, reason = "in a test, a panic is the report")]

mod disconnect;
mod import;
mod lost_replies;
mod proxy;
mod replicas;
mod silence;
