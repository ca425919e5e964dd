//! A scripted voice host: it speaks the fleet's contract over a socket, and no phone rings.
//!
//! For demo and tests. It accepts calls, lets them take a scripted course and posts their results, and it can be told
//! to be full, slow, dying or lying. It is served by hyper itself and not by a framework, because a framework always
//! answers, and what must be shown here is an answer that never comes.

mod answer;
mod call;
mod host;
mod results;
mod script;
mod serve;
mod state;

pub use host::ScriptedHost;
pub use script::{Behaviour, ReceivedDial, ReceivedRequest, Script};
