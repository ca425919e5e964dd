//! Scripted voice host, which implements the fleet's contract without placing calls.

use ori_fleet::fake_host::{FakeHost, Script};
use rand::rngs::StdRng;

/// Secret that the host shares with the server.
pub(crate) const FLEET_SECRET: &str = "a secret of the fleet";

pub(crate) type VoiceHost = FakeHost;

/// Starts a host with capacity for the given number of calls. Calls last until the test ends them, and report nothing
/// by themselves.
pub(crate) async fn voice_host(workers: u16) -> VoiceHost {
    let script = Script {
        workers,
        secret: ori_fleet::FleetSecret::new(FLEET_SECRET.to_owned()),
        ..Script::default()
    };
    let host = FakeHost::start(script, Box::new(rand::make_rng::<StdRng>())).await;
    host.expect("a free port")
}
