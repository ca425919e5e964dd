//! The fleet with fake hosts over real sockets. Tests wait for conditions and never sleep.

#![expect(clippy::unwrap_used, reason = "a panic fails the test")]

mod answers;
mod health;
mod never_twice;
mod polling;
mod reservations;
mod results;
mod secret;
mod support;
mod voice_host;
