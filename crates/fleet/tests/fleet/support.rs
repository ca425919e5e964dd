//! Fixtures: hosts, fleets and calls.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use chrono::{DateTime, Utc};
use ori_fleet::fake_host::{FakeHost, Script};
use ori_fleet::{Clock, Dial, DialOutcome, Fleet, FleetConfig, Reservation, Url};
use ori_shared::fleet::HostStatus;
use rand::SeedableRng;
use rand::rngs::StdRng;
use rand_core::Rng;
use uuid::Uuid;

/// A time limit that certainly passes before any other event.
pub(crate) const SOON: Duration = Duration::from_millis(100);

pub(crate) fn rng() -> Box<dyn Rng + Send> {
    Box::new(StdRng::seed_from_u64(7))
}

pub(crate) fn noon() -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000, 0).unwrap()
}

pub(crate) fn clock() -> Clock {
    Arc::new(noon)
}

pub(crate) async fn host() -> FakeHost {
    host_of(Script::default()).await
}

pub(crate) async fn host_with(workers: u16) -> FakeHost {
    host_of(Script {
        workers,
        ..Script::default()
    })
    .await
}

pub(crate) async fn host_of(script: Script) -> FakeHost {
    FakeHost::start(script, rng()).await.unwrap()
}

/// Returns the configuration of a fleet of these hosts, with the header and the secret of the default script.
pub(crate) fn config(hosts: &[&FakeHost]) -> FleetConfig {
    config_of(hosts.iter().map(|host| host.url()).collect())
}

pub(crate) fn config_of(hosts: Vec<Url>) -> FleetConfig {
    let script = Script::default();
    FleetConfig {
        hosts,
        secret_header: script.secret_header,
        secret: script.secret,
        ..FleetConfig::default()
    }
}

pub(crate) fn fleet(config: FleetConfig) -> Fleet {
    Fleet::new(config, clock(), rng()).unwrap()
}

/// Returns a fleet whose hosts have been checked once.
pub(crate) async fn polled(config: FleetConfig) -> Fleet {
    let fleet = fleet(config);
    fleet.poll_once().await;
    fleet
}

pub(crate) fn new_call() -> Uuid {
    static CALLS: AtomicU64 = AtomicU64::new(1);
    Uuid::from_u128(CALLS.fetch_add(1, Ordering::Relaxed).into())
}

pub(crate) fn reserve(fleet: &Fleet) -> Reservation {
    fleet.reserve(new_call(), &[]).expect("a host with capacity")
}

pub(crate) fn dial_request() -> Dial {
    Dial {
        bot_id: "bot-1".to_owned(),
        to_number: "+919876543210".to_owned(),
        from_number: None,
        connected_event: BTreeMap::from([("ori_call_id".to_owned(), "call-1".to_owned())]),
    }
}

/// Reserves capacity and dials.
pub(crate) async fn dial(fleet: &Fleet) -> DialOutcome {
    reserve(fleet).dial(&dial_request()).await
}

/// Returns the status of the only host.
pub(crate) fn only_host(fleet: &Fleet) -> HostStatus {
    let mut hosts = fleet.status().hosts;
    assert_eq!(hosts.len(), 1);
    hosts.remove(0)
}

pub(crate) fn reserved(fleet: &Fleet) -> u64 {
    fleet.status().hosts.iter().map(|host| host.reserved).sum()
}
