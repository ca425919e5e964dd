//! A scripted voice host: it speaks the fleet's contract, and no phone rings.

use ori_fleet::fake_host::{Script, ScriptedHost};
use rand::rngs::StdRng;

/// What it and the server share.
pub(crate) const FLEET_SECRET: &str = "a secret of the fleet";

pub(crate) type VoiceHost = ScriptedHost;

/// A host with room for that many calls. They last until they are told to end, and tell nothing by themselves.
pub(crate) async fn voice_host(workers: u16) -> VoiceHost {
    let script = Script {
        workers,
        secret: ori_fleet::FleetSecret::new(FLEET_SECRET.to_owned()),
        ..Script::default()
    };
    let host = ScriptedHost::start(script, Box::new(rand::make_rng::<StdRng>())).await;
    host.expect("a free port")
}
