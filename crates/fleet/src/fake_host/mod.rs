//! Fake voice host for the demo and tests: it implements the fleet's contract over a socket, and no phone rings.
//!
//! It accepts calls, ends them as scripted and posts their results. It can be set to be full, slow, unreachable or
//! outside the contract. It uses hyper without a framework, because a framework always sends a response, and tests need
//! responses that never arrive.

mod answer;
mod call;
mod host;
mod results;
mod script;
mod serve;
mod state;

pub use host::FakeHost;
pub use script::{Behaviour, ReceivedDial, ReceivedRequest, Script};
