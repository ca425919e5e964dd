//! A call is dialled once, whatever happens to the answer.

use ori_fleet::fake_host::Behaviour;
use ori_fleet::{DialOutcome, FleetConfig, NotDialled};
use tokio::net::TcpListener;

use crate::support::*;

#[tokio::test]
async fn a_lost_answer_is_unknown_and_the_call_is_dialled_exactly_once() {
    let (first, second) = (host().await, host().await);
    let fleet = polled(config(&[&first, &second])).await;
    first.on_dial(Behaviour::HangUp);
    second.on_dial(Behaviour::HangUp);
    let call_id = new_call();
    let outcome = fleet.reserve(call_id, &[]).unwrap().dial(&dial_request()).await;
    assert!(matches!(outcome, DialOutcome::Unknown { .. }), "{outcome:?}");
    assert_eq!(first.dialled().len() + second.dialled().len(), 1);
    assert!(fleet.reserve(call_id, &[]).is_none(), "the call holds its room");
}

#[tokio::test]
async fn a_dropped_future_leaves_the_call_counted_until_a_health_answer_does() {
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

/// A connection that was kept and closes as it is used again must not make the call appear as not dialled, nor be
/// answered by asking twice.
#[tokio::test]
async fn a_kept_connection_that_closes_never_dials_twice() {
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
async fn a_connection_that_closes_at_once_may_have_carried_the_request() {
    let host = host().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    // The one address answers its health honestly, then hangs up on whoever connects.
    let relayed = host.url();
    let relay = tokio::spawn(async move {
        let (mut near, _) = listener.accept().await.unwrap();
        let mut far = tokio::net::TcpStream::connect(relayed.socket_addrs(|| None).unwrap()[0])
            .await
            .unwrap();
        let health = tokio::io::copy_bidirectional(&mut near, &mut far);
        tokio::select! {
            _ = health => {}
            // Whoever connects a second time is cut off, and so is the first connection.
            _ = listener.accept() => {}
        }
    });
    let fleet = polled(config_of(vec![format!("http://{address}").parse().unwrap()])).await;
    // The kept connection is taken by this question, so that the call needs a new one.
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

/// While health answers keep arriving, a call must be counted by us or by the host at every moment.
#[tokio::test(flavor = "multi_thread")]
async fn racing_health_answers_never_overbook() {
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
        let turned_away = DialOutcome::NotDialled(NotDialled::AtCapacity);
        assert!(
            !outcomes.contains(&turned_away),
            "the host had to turn a call away"
        );
        assert_eq!(host.dialled().len(), outcomes.len());
        assert!(outcomes.len() <= 3);
    }
}

#[tokio::test]
async fn a_reservation_that_lapsed_is_not_dialled() {
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
