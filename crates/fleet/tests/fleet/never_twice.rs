//! A call is dialled at most once, whatever happens to the response.

use ori_fleet::fake_host::Behaviour;
use ori_fleet::{DialOutcome, FleetConfig, NotDialled};
use tokio::net::TcpListener;

use crate::support::*;

#[tokio::test]
async fn a_lost_response_is_unknown_and_the_call_is_dialled_exactly_once() {
    let (first, second) = (host().await, host().await);
    let fleet = polled(config(&[&first, &second])).await;
    first.on_dial(Behaviour::HangUp);
    second.on_dial(Behaviour::HangUp);
    let call_id = new_call();
    let outcome = fleet.reserve(call_id, &[]).unwrap().dial(&dial_request()).await;
    assert!(matches!(outcome, DialOutcome::Unknown { .. }), "{outcome:?}");
    assert_eq!(first.dialled().len() + second.dialled().len(), 1);
    assert!(
        fleet.reserve(call_id, &[]).is_none(),
        "the call has its reservation"
    );
}

#[tokio::test]
async fn after_a_dropped_future_the_call_stays_counted_until_the_next_health_response() {
    let host = host_with(1).await;
    let fleet = polled(config(&[&host])).await;
    host.on_dial(Behaviour::Held);
    let reservation = reserve(&fleet);
    let asking = tokio::spawn(async move { reservation.dial(&dial_request()).await });
    host.until_dialled(1).await;
    asking.abort();
    assert!(asking.await.unwrap_err().is_cancelled());
    assert_eq!((reserved(&fleet), fleet.status().available), (1, 0));
    fleet.poll_once().await;
    assert_eq!((reserved(&fleet), fleet.status().active_calls), (0, 1));
}

/// An idle connection that closes while it is reused must neither make the call appear as not dialled nor cause a
/// second request.
#[tokio::test]
async fn an_idle_connection_that_closes_never_dials_twice() {
    let mut host = host().await;
    for round in 1..=50 {
        let fleet = polled(config(&[&host])).await;
        host.die().await;
        host.revive().await.unwrap();
        let before = host.dialled().len();
        let outcome = dial(&fleet).await;
        let dialled = host.dialled().len() - before;
        match outcome {
            DialOutcome::Accepted { .. } => assert_eq!(dialled, 1, "round {round}"),
            DialOutcome::Unknown { .. } => assert!(dialled <= 1, "round {round}"),
            other => panic!("{other:?} in round {round}: the host did listen"),
        }
        host.end_calls();
    }
}

#[tokio::test]
async fn a_connection_that_closes_immediately_may_have_carried_the_request() {
    let host = host().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    // Responds to the health check, then closes every connection.
    let relayed = host.url();
    let relay = tokio::spawn(async move {
        let (mut near, _) = listener.accept().await.unwrap();
        let mut far = tokio::net::TcpStream::connect(relayed.socket_addrs(|| None).unwrap()[0])
            .await
            .unwrap();
        let health = tokio::io::copy_bidirectional(&mut near, &mut far);
        tokio::select! {
            _ = health => {}
            // Closes the second connection and the first.
            _ = listener.accept() => {}
        }
    });
    let fleet = polled(config_of(vec![format!("http://{address}").parse().unwrap()])).await;
    // This health check occupies the idle connection, so that the call needs a new one.
    host.on_health(Behaviour::Held);
    let asking = tokio::spawn({
        let fleet = fleet.clone();
        async move { fleet.poll_once().await }
    });
    host.until_requests(2).await;
    let outcome = dial(&fleet).await;
    assert!(matches!(outcome, DialOutcome::Unknown { .. }), "{outcome:?}");
    assert!(host.dialled().is_empty());
    asking.await.unwrap();
    relay.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn thirty_racing_calls_on_three_free_slots_dial_three() {
    let (a, b) = (host_with(2).await, host_with(1).await);
    let fleet = polled(config(&[&a, &b])).await;
    let racing = (0..30).map(|_| {
        let fleet = fleet.clone();
        tokio::spawn(async move {
            match fleet.reserve(new_call(), &[]) {
                Some(reservation) => Some(reservation.dial(&dial_request()).await),
                None => None,
            }
        })
    });
    let outcomes = futures_util::future::join_all(racing).await;
    let outcomes: Vec<_> = outcomes.into_iter().filter_map(Result::unwrap).collect();
    assert_eq!(outcomes.len(), 3);
    assert!(
        outcomes
            .iter()
            .all(|outcome| matches!(outcome, DialOutcome::Accepted { .. }))
    );
    assert_eq!((a.dialled().len(), b.dialled().len()), (2, 1));
}

/// While health responses arrive, each call is counted by the reservations or by the host at every moment.
#[tokio::test(flavor = "multi_thread")]
async fn racing_health_responses_never_overbook() {
    for _ in 0..20 {
        let host = host_with(3).await;
        let fleet = polled(config(&[&host])).await;
        let polling = tokio::spawn({
            let fleet = fleet.clone();
            async move {
                for _ in 0..10 {
                    futures_util::future::join(fleet.poll_once(), fleet.poll_once()).await;
                }
            }
        });
        let racing = (0..30).map(|_| {
            let fleet = fleet.clone();
            tokio::spawn(async move {
                let reservation = fleet.reserve(new_call(), &[])?;
                Some(reservation.dial(&dial_request()).await)
            })
        });
        let outcomes = futures_util::future::join_all(racing).await;
        let outcomes: Vec<_> = outcomes.into_iter().filter_map(Result::unwrap).collect();
        polling.await.unwrap();
        let rejected = DialOutcome::NotDialled(NotDialled::AtCapacity);
        assert!(!outcomes.contains(&rejected), "the host rejected a call");
        assert_eq!(host.dialled().len(), outcomes.len());
        assert!(outcomes.len() <= 3);
    }
}

#[tokio::test]
async fn an_expired_reservation_is_not_dialled() {
    let host = host().await;
    let fleet = polled(FleetConfig {
        dial_timeout: std::time::Duration::ZERO,
        reservation_margin: std::time::Duration::ZERO,
        ..config(&[&host])
    })
    .await;
    let outcome = dial(&fleet).await;
    assert_eq!(outcome, DialOutcome::NotDialled(NotDialled::Lapsed));
    assert!(host.dialled().is_empty());
}
