//! The fleet against scripted hosts, over real sockets. What is waited for is a condition, never a time.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on is to fail")]

mod answers;
mod health;
mod never_twice;
mod polling;
mod reservations;
mod results;
mod secret;
mod support;
mod voice_host;
