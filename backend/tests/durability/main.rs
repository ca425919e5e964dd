//! Promises that hold when the server is killed, a key is revoked under load, or the clock is set.
//!
//! Apart from the other tests because these take their time. Nothing here is proved by luck: what happened is recorded
//! and then checked, against what the voice host saw or against every order in which it may have taken place.

#![expect(clippy::unwrap_used, reason = "in a test, a panic is the report")]

mod clock;
mod crash;
#[cfg(target_os = "linux")]
mod disk;
#[cfg(target_os = "linux")]
mod full_disk;
mod webhooks;
