//! Release of reservations, and its notifications.

use std::collections::HashSet;
use std::time::Duration;

use futures_util::FutureExt;
use ori_fleet::fake_host::Behaviour;
use ori_fleet::{DialOutcome, FleetConfig};

use crate::support::*;

#[tokio::test]
async fn ties_are_spread_over_the_hosts() {
    let hosts = [host_with(1).await, host_with(1).await, host_with(1).await];
    let fleet = polled(config(&hosts.each_ref())).await;
    let chosen: HashSet<_> = (0..100).map(|_| reserve(&fleet).host().clone()).collect();
    assert_eq!(chosen.len(), 3);
}

#[tokio::test]
async fn hosts_that_were_tried_are_excluded() {
    let (large, small) = (host_with(9).await, host_with(1).await);
    let fleet = polled(config(&[&large, &small])).await;
    let first = reserve(&fleet).host().clone();
    let second = fleet.reserve(new_call(), std::slice::from_ref(&first)).unwrap();
    assert_ne!(second.host(), &first);
    let both = [first, second.host().clone()];
    assert!(fleet.reserve(new_call(), &both).is_none());
}

#[tokio::test]
async fn a_result_releases_the_reservation() {
    let host = host_with(1).await;
    let fleet = polled(config(&[&host])).await;
    let call_id = new_call();
    let reservation = fleet.reserve(call_id, &[]).unwrap();
    assert!(matches!(
        reservation.dial(&dial_request()).await,
        DialOutcome::Accepted { .. }
    ));
    assert!(fleet.reserve(new_call(), &[]).is_none());
    fleet.release(call_id);
    assert!(fleet.reserve(new_call(), &[]).is_some());
}

#[tokio::test]
async fn a_call_that_was_not_dialled_releases_the_reservation_immediately() {
    let host = host_with(1).await;
    let fleet = polled(config(&[&host])).await;
    host.on_dial(Behaviour::status(404));
    assert!(matches!(dial(&fleet).await, DialOutcome::Refused(_)));
    assert_eq!(fleet.status().available, 1);
}

#[tokio::test]
async fn the_time_limit_releases_the_reservation() {
    let host = host_with(1).await;
    let fleet = polled(FleetConfig {
        dial_timeout: Duration::from_secs(3000),
        reservation_margin: Duration::from_secs(600),
        ..config(&[&host])
    })
    .await;
    host.on_dial(Behaviour::HangUp);
    dial(&fleet).await;
    assert!(fleet.reserve(new_call(), &[]).is_none());
    // No socket is in use any more, so the clock can be paused and advanced.
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(3601)).await;
    assert!(fleet.reserve(new_call(), &[]).is_some());
}

#[tokio::test]
async fn a_later_health_response_counts_the_call() {
    let host = host_with(2).await;
    let fleet = polled(config(&[&host])).await;
    dial(&fleet).await;
    assert_eq!((fleet.status().available, reserved(&fleet)), (1, 1));
    fleet.poll_once().await;
    assert_eq!((fleet.status().available, reserved(&fleet)), (1, 0));
}

#[tokio::test]
async fn a_health_response_in_flight_does_not_count_the_call() {
    let host = host_with(2).await;
    let fleet = polled(config(&[&host])).await;
    host.on_health(Behaviour::Held);
    let asking = tokio::spawn({
        let fleet = fleet.clone();
        async move { fleet.poll_once().await }
    });
    host.until_requests(2).await;
    dial(&fleet).await;
    host.let_go();
    asking.await.unwrap();
    // The host reported a capacity of two before the call.
    assert_eq!((fleet.status().available, reserved(&fleet)), (1, 1));
}

#[tokio::test]
async fn waiting_tasks_are_notified_of_capacity() {
    let host = host_with(1).await;
    let fleet = polled(config(&[&host])).await;
    let held = reserve(&fleet);
    let mut changes = fleet.capacity_changes();
    assert!(fleet.reserve(new_call(), &[]).is_none());
    assert!(changes.changed().now_or_never().is_none());
    drop(held);
    changes.changed().await.unwrap();
    let held = reserve(&fleet);
    assert!(
        changes.changed().now_or_never().is_none(),
        "a reservation sends no notification"
    );
    let call_id = held.call_id();
    held.dial(&dial_request()).await;
    changes.mark_unchanged();
    fleet.release(call_id);
    changes.changed().await.unwrap();
    fleet.poll_once().await;
    changes.changed().await.unwrap();
}
