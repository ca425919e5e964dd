use std::collections::HashSet;

use proptest::prelude::*;
use rand::SeedableRng;
use rand::rngs::StdRng;

use super::*;
use crate::dial::{NotDialled, Refusal, RefusalReason};

const LIMIT: Duration = Duration::from_secs(120);

struct Bench {
    capacity: Capacity,
    now: Instant,
    calls: u128,
}

/// Creates hosts named `a`, `b`, … with the given capacities.
fn bench(capacities: &[u64]) -> Bench {
    let names = ["a", "b", "c", "d"].map(HostId::from);
    let rng = Box::new(StdRng::seed_from_u64(7));
    let capacity = Capacity::new(names.into_iter().take(capacities.len()), LIMIT, rng);
    let now = Instant::now();
    let mut bench = Bench {
        capacity,
        now,
        calls: 0,
    };
    for (host, available) in capacities.iter().enumerate() {
        bench.report(host, *available);
    }
    bench
}

impl Bench {
    fn begin(&mut self) -> u64 {
        self.capacity.begin_check()
    }

    fn complete(&mut self, host: usize, begun: u64, answer: Result<Health, String>) -> Option<HostState> {
        self.capacity
            .end_check(host, begun, answer, (DateTime::default(), self.now))
    }

    fn report(&mut self, host: usize, available: u64) {
        let begun = self.begin();
        self.complete(host, begun, healthy(available));
    }

    fn reserve(&mut self) -> Option<Ticket> {
        self.reserve_without(&[])
    }

    fn reserve_without(&mut self, tried: &[HostId]) -> Option<Ticket> {
        self.calls += 1;
        self.capacity
            .reserve(Uuid::from_u128(self.calls), tried, self.now)
    }

    fn dialled(&mut self, outcome: &DialOutcome) -> Ticket {
        let ticket = self.reserve().expect("capacity");
        assert!(self.capacity.send(ticket, self.now));
        self.capacity.settle(ticket, outcome);
        ticket
    }

    fn available(&mut self) -> u64 {
        self.capacity.status(self.now).available
    }

    fn reserved(&mut self) -> u64 {
        self.capacity
            .status(self.now)
            .hosts
            .iter()
            .map(|host| host.reserved)
            .sum()
    }
}

fn healthy(available: u64) -> Result<Health, String> {
    Ok(Health {
        calls: 0,
        max: available,
        available,
        simulated: false,
        workers: Vec::new(),
        number: None,
    })
}

fn accepted() -> DialOutcome {
    DialOutcome::Accepted {
        worker_call_id: "w".to_owned(),
        room_name: None,
    }
}

fn unknown() -> DialOutcome {
    DialOutcome::Unknown {
        why: "lost".to_owned(),
    }
}

fn refused() -> DialOutcome {
    DialOutcome::Refused(Refusal {
        status: 404,
        reason: RefusalReason::BotNotFound,
        detail: None,
    })
}

#[test]
fn a_host_without_a_health_check_gets_no_call() {
    let mut capacity = Capacity::new(
        [HostId::from("a")].into_iter(),
        LIMIT,
        Box::new(StdRng::seed_from_u64(7)),
    );
    assert!(capacity.reserve(Uuid::nil(), &[], Instant::now()).is_none());
    assert_eq!(capacity.status(Instant::now()).hosts[0].state, HostState::Unknown);
}

#[test]
fn the_host_with_the_most_capacity_is_chosen_and_reservations_count() {
    let mut bench = bench(&[3, 5]);
    let hosts: Vec<_> = std::iter::from_fn(|| bench.reserve())
        .map(|ticket| ticket.host)
        .collect();
    assert_eq!(hosts[..2], [1, 1], "b has more until both have 3");
    assert_eq!(hosts.len(), 8);
    assert_eq!((bench.available(), bench.reserved()), (0, 8));
}

#[test]
fn ties_are_spread_over_the_hosts() {
    let mut bench = bench(&[1, 1, 1]);
    let mut first = HashSet::new();
    for _ in 0..100 {
        let ticket = bench.reserve().unwrap();
        first.insert(ticket.host);
        bench.capacity.abandon(ticket);
    }
    assert_eq!(first.len(), 3);
}

#[test]
fn hosts_that_were_tried_are_excluded() {
    let mut bench = bench(&[9, 1]);
    assert_eq!(bench.reserve_without(&["a".into()]).unwrap().host, 1);
    assert!(bench.reserve_without(&["a".into(), "b".into()]).is_none());
}

#[test]
fn a_call_has_one_reservation_at_a_time() {
    let mut bench = bench(&[2]);
    let ticket = bench.capacity.reserve(Uuid::nil(), &[], bench.now).unwrap();
    assert!(bench.capacity.reserve(Uuid::nil(), &[], bench.now).is_none());
    bench.capacity.abandon(ticket);
    let again = bench.capacity.reserve(Uuid::nil(), &[], bench.now).unwrap();
    bench.capacity.abandon(ticket);
    assert_eq!(
        bench.reserved(),
        1,
        "the old ticket does not release the new reservation"
    );
    assert!(bench.capacity.send(again, bench.now) && !bench.capacity.send(again, bench.now));
}

#[test]
fn a_result_releases_the_reservation() {
    let mut bench = bench(&[1]);
    let ticket = bench.dialled(&accepted());
    assert!(bench.reserve().is_none());
    bench.capacity.release(ticket.call_id);
    assert!(bench.reserve().is_some());
}

#[test]
fn an_outcome_without_a_call_releases_the_reservation_immediately() {
    for outcome in [refused(), DialOutcome::NotDialled(NotDialled::Lapsed)] {
        let mut bench = bench(&[1]);
        bench.dialled(&outcome);
        assert_eq!((bench.available(), bench.reserved()), (1, 0), "{outcome:?}");
    }
}

#[test]
fn an_expired_reservation_is_released_and_cannot_be_sent() {
    let mut bench = bench(&[1]);
    let ticket = bench.reserve().unwrap();
    bench.now += LIMIT - Duration::from_millis(1);
    assert!(bench.reserve().is_none());
    bench.now += Duration::from_millis(1);
    assert!(!bench.capacity.send(ticket, bench.now));
    assert!(bench.reserve().is_some());
}

#[test]
fn the_time_limit_restarts_when_the_call_is_sent() {
    let mut bench = bench(&[1]);
    let ticket = bench.reserve().unwrap();
    bench.now += LIMIT / 2;
    assert!(bench.capacity.send(ticket, bench.now));
    bench.now += LIMIT - Duration::from_millis(1);
    assert_eq!(bench.reserved(), 1);
    bench.now += Duration::from_millis(1);
    assert_eq!(bench.reserved(), 0);
}

#[test]
fn a_health_check_that_began_later_counts_the_call() {
    for outcome in [accepted(), unknown()] {
        let mut bench = bench(&[2]);
        bench.dialled(&outcome);
        bench.report(0, 1);
        assert_eq!((bench.available(), bench.reserved()), (1, 0), "{outcome:?}");
    }
}

#[test]
fn a_health_check_that_began_earlier_does_not_count_the_call() {
    let mut bench = bench(&[2]);
    let begun = bench.begin();
    bench.dialled(&accepted());
    bench.complete(0, begun, healthy(2));
    assert_eq!((bench.available(), bench.reserved()), (1, 1));
}

#[test]
fn a_health_check_does_not_count_a_call_in_flight() {
    let mut bench = bench(&[2]);
    let ticket = bench.reserve().unwrap();
    assert!(bench.capacity.send(ticket, bench.now));
    bench.report(0, 2);
    assert_eq!((bench.available(), bench.reserved()), (1, 1));
    // The future was dropped: the next health response counts the call if it took place.
    bench.capacity.abandon(ticket);
    assert_eq!(bench.reserved(), 1);
    bench.report(0, 1);
    assert_eq!((bench.available(), bench.reserved()), (1, 0));
}

#[test]
fn a_failed_health_check_counts_nothing() {
    let mut bench = bench(&[2]);
    bench.dialled(&accepted());
    let begun = bench.begin();
    assert_eq!(
        bench.complete(0, begun, Err("broken".to_owned())),
        Some(HostState::Unhealthy)
    );
    assert_eq!((bench.available(), bench.reserved()), (0, 1));
}

#[test]
fn an_overtaken_health_response_is_ignored() {
    let mut bench = bench(&[2]);
    let begun = bench.begin();
    bench.report(0, 7);
    assert_eq!(bench.complete(0, begun, Err("late".to_owned())), None);
    assert_eq!(bench.available(), 7);
}

#[test]
fn a_host_that_rejected_a_call_gets_none_until_its_next_health_response() {
    let unreachable = NotDialled::Unreachable {
        why: "no connection".to_owned(),
    };
    for (why, state) in [
        (NotDialled::AtCapacity, HostState::Healthy),
        (NotDialled::NotConfigured, HostState::Unhealthy),
        (unreachable, HostState::Unhealthy),
    ] {
        let mut bench = bench(&[4]);
        let begun = bench.begin();
        bench.dialled(&DialOutcome::NotDialled(why));
        assert_eq!((bench.available(), bench.reserved()), (0, 0));
        let host = bench.capacity.status(bench.now).hosts.remove(0);
        assert_eq!(
            (host.state, host.last_error.is_some()),
            (state, state == HostState::Unhealthy)
        );
        bench.complete(0, begun, healthy(4));
        assert!(
            bench.reserve().is_none(),
            "that response may be older than the rejection"
        );
        bench.report(0, 4);
        assert!(bench.reserve().is_some());
    }
}

#[test]
fn totals_exclude_unhealthy_hosts_and_do_not_overflow() {
    let mut bench = bench(&[u64::MAX, u64::MAX, 3]);
    assert_eq!(bench.available(), u64::MAX);
    for host in [0, 1] {
        let begun = bench.begin();
        bench.complete(host, begun, Err("broken".to_owned()));
    }
    let status = bench.capacity.status(bench.now);
    assert_eq!((status.total_capacity, status.available), (3, 3));
    assert_eq!(status.hosts[0].fleet_max, None);
}

proptest! {
    /// With a host that counts each accepted call immediately, no order of events exceeds its capacity.
    #[test]
    fn no_order_of_events_overbooks(steps in prop::collection::vec((0u8..6, 0usize..8), 1..200)) {
        let max = 3;
        let mut bench = bench(&[max]);
        let (mut reserved, mut sent, mut taking_place) = (Vec::new(), Vec::new(), Vec::new());
        let mut asked: Vec<(u64, u64)> = Vec::new();
        for (step, pick) in steps {
            match step {
                0 => reserved.extend(bench.reserve()),
                1 if !reserved.is_empty() => {
                    let ticket: Ticket = reserved.swap_remove(pick % reserved.len());
                    prop_assert!(bench.capacity.send(ticket, bench.now));
                    sent.push(ticket);
                }
                2 if !sent.is_empty() => {
                    let ticket: Ticket = sent.swap_remove(pick % sent.len());
                    taking_place.push(ticket);
                    let outcome = if pick % 2 == 0 { accepted() } else { unknown() };
                    bench.capacity.settle(ticket, &outcome);
                }
                // The host determines its response at any time after the request.
                3 => asked.push((bench.begin(), max - taking_place.len() as u64)),
                4 if !asked.is_empty() => {
                    let (begun, available) = asked.swap_remove(pick % asked.len());
                    bench.complete(0, begun, healthy(available));
                }
                5 if !reserved.is_empty() => {
                    let ticket = reserved.swap_remove(pick % reserved.len());
                    bench.capacity.abandon(ticket);
                }
                _ => {}
            }
            prop_assert!((reserved.len() + sent.len() + taking_place.len()) as u64 <= max);
        }
    }
}

/// Calls of other consoles end at any time, so the host is offered calls again before its next health check.
#[test]
fn a_host_that_others_have_filled_gets_calls_again_after_a_second() {
    let mut bench = bench(&[3]);
    let ticket = bench.reserve().unwrap();
    bench.capacity.mark_full(ticket, bench.now);
    assert_eq!((bench.reserved(), bench.available()), (0, 0));
    assert!(bench.reserve().is_none());
    bench.now += FULL_FOR;
    assert_eq!(bench.available(), 3);
    assert!(bench.reserve().is_some());
}
