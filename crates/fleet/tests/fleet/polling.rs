//! Health checks in the background.

use std::time::Duration;

use ori_fleet::fake_host::Behaviour;
use ori_fleet::{Fleet, FleetConfig};
use ori_shared::fleet::HostState;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::support::*;

fn poll(fleet: &Fleet) -> (JoinHandle<()>, oneshot::Sender<()>) {
    let (stop, stopped) = oneshot::channel();
    let fleet = fleet.clone();
    let poller = tokio::spawn(async move {
        fleet.run_poller(async { stopped.await.unwrap() }).await;
    });
    (poller, stop)
}

#[tokio::test]
async fn the_first_check_starts_immediately_and_the_poller_ends_on_shutdown() {
    let host = host().await;
    let fleet = fleet(FleetConfig {
        poll_interval: Duration::from_secs(3600),
        ..config(&[&host])
    });
    assert_eq!(only_host(&fleet).state, HostState::Unknown);
    let mut changes = fleet.capacity_changes();
    let (poller, stop) = poll(&fleet);
    changes.changed().await.unwrap();
    assert_eq!(only_host(&fleet).state, HostState::Healthy);
    stop.send(()).unwrap();
    poller.await.unwrap();
    assert_eq!(host.requests().len(), 1);
}

#[tokio::test]
async fn a_host_that_hangs_delays_neither_the_others_nor_the_shutdown() {
    let (hangs, answers) = (host().await, host().await);
    hangs.on_health(Behaviour::Held);
    let fleet = fleet(FleetConfig {
        poll_interval: Duration::from_millis(1),
        ..config(&[&hangs, &answers])
    });
    let (poller, stop) = poll(&fleet);
    hangs.until_requests(1).await;
    answers.until_requests(5).await;
    assert_eq!(hangs.requests().len(), 1);
    stop.send(()).unwrap();
    poller.await.unwrap();
}

#[tokio::test]
async fn the_poller_of_a_fleet_without_hosts_waits_for_the_shutdown() {
    let (poller, stop) = poll(&fleet(FleetConfig::default()));
    tokio::task::yield_now().await;
    assert!(!poller.is_finished());
    stop.send(()).unwrap();
    poller.await.unwrap();
}
