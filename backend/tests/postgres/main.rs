//! What the server promises on PostgreSQL beside what it promises on each engine: replicas, a lossy network, the import.

#![expect(clippy::unwrap_used, reason = "in a test, a panic is the report")]

mod disconnect;
mod import;
mod lost_replies;
mod proxy;
mod replicas;
mod silence;
