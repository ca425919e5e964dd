use chrono::{DateTime, TimeDelta, Utc};
use ori_store::{DueDelivery, Fate};

use super::sender::Answer;

/// What comes after that attempt, by the schedule that Standard Webhooks suggests. `chance`, from 0 to 1, spreads what
/// failed together.
#[must_use]
pub fn next_attempt(due: &DueDelivery, answer: &Answer, now: DateTime<Utc>, chance: f64) -> Fate {
    match answer.status {
        Some(200..=299) => return Fate::Delivered,
        Some(410) => return Fate::Gone { url: due.url.clone() },
        _ => {}
    }
    let place = usize::try_from(due.round).unwrap_or(usize::MAX).saturating_sub(1);
    let last = due.since + LAST_ATTEMPT;
    match PAUSES.get(place) {
        Some(pause) if now < last => {
            Fate::Again((now + spread(*pause, chance).max(asked_for(answer))).min(last))
        }
        _ => Fate::GivenUp,
    }
}

/// An event that is still pending so long after it happened, or was replayed by hand, is given up, however often it was
/// tried.
pub const DEADLINE: TimeDelta = TimeDelta::hours(76);
/// No attempt is put off to later than that, so that the last one is over by the deadline.
const LAST_ATTEMPT: TimeDelta = TimeDelta::minutes(75 * 60 + 45);

/// How long to wait after the first, the second, … attempt that failed. After the tenth, three days after the event, it is
/// given up.
const PAUSES: [TimeDelta; 9] = [
    TimeDelta::seconds(5),
    TimeDelta::minutes(5),
    TimeDelta::minutes(30),
    TimeDelta::hours(2),
    TimeDelta::hours(5),
    TimeDelta::hours(10),
    TimeDelta::hours(14),
    TimeDelta::hours(20),
    TimeDelta::hours(24),
];

/// The longest wait that a receiver may ask for.
const LONGEST_ASKED: TimeDelta = TimeDelta::hours(24);

/// Up to a tenth longer.
fn spread(pause: TimeDelta, chance: f64) -> TimeDelta {
    let tenth = pause.num_milliseconds() as f64 / 10.0;
    pause + TimeDelta::milliseconds((tenth * chance.clamp(0.0, 1.0)) as i64)
}

/// Waits as long as a receiver under load requests; that never makes an attempt come sooner.
fn asked_for(answer: &Answer) -> TimeDelta {
    match (answer.status, answer.retry_after) {
        (Some(429 | 503), Some(wait)) => wait.clamp(TimeDelta::zero(), LONGEST_ASKED),
        _ => TimeDelta::zero(),
    }
}

#[cfg(test)]
mod tests {
    use ori_key::WebhookSecret;
    use uuid::Uuid;

    use super::*;

    const NOW: DateTime<Utc> = DateTime::UNIX_EPOCH;

    fn due(round: u32) -> DueDelivery {
        DueDelivery {
            id: Uuid::nil(),
            key: Uuid::nil(),
            attempt: 20 + round,
            round,
            url: "https://crm.example.com/".into(),
            secrets: vec![WebhookSecret::from_bytes([0; 32])],
            since: NOW,
            body: String::new(),
        }
    }

    fn answered(status: u16, retry_after: Option<i64>) -> Answer {
        Answer {
            status: Some(status),
            error: None,
            retry_after: retry_after.map(TimeDelta::seconds),
        }
    }

    fn wait(round: u32, answer: &Answer, chance: f64) -> i64 {
        match next_attempt(&due(round), answer, NOW, chance) {
            Fate::Again(at) => (at - NOW).num_seconds(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn an_event_is_tried_ten_times_over_more_than_three_days() {
        let failed = answered(500, None);
        let waits: Vec<i64> = (1..10).map(|round| wait(round, &failed, 0.0)).collect();
        assert_eq!(waits, [5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400]);
        assert_eq!(waits.iter().sum::<i64>(), 75 * 3600 + 35 * 60 + 5);
        assert_eq!(next_attempt(&due(10), &failed, NOW, 0.0), Fate::GivenUp);
        assert_eq!(next_attempt(&due(99), &failed, NOW, 0.0), Fate::GivenUp);
    }

    #[test]
    fn attempts_are_spread_and_never_come_early() {
        let failed = answered(500, None);
        assert_eq!(wait(3, &failed, 0.5), 1890);
        assert_eq!(wait(3, &failed, 1.0), 1980);
    }

    #[test]
    fn no_attempt_is_put_off_beyond_the_deadline() {
        let failed = answered(503, Some(86_400));
        for (hours_later, expected) in [
            (50, Fate::Again(NOW + TimeDelta::hours(74))),
            (60, Fate::Again(NOW + LAST_ATTEMPT)),
            (75, Fate::Again(NOW + LAST_ATTEMPT)),
            (76, Fate::GivenUp),
            (1000, Fate::GivenUp),
        ] {
            let now = NOW + TimeDelta::hours(hours_later);
            assert_eq!(
                next_attempt(&due(1), &failed, now, 0.0),
                expected,
                "{hours_later}"
            );
        }
        const { assert!(LAST_ATTEMPT.num_seconds() + 900 <= DEADLINE.num_seconds()) };
    }

    #[test]
    fn only_2xx_is_success_and_only_410_is_gone() {
        for status in [200, 204, 299] {
            assert_eq!(
                next_attempt(&due(1), &answered(status, None), NOW, 0.0),
                Fate::Delivered
            );
        }
        for status in [199, 300, 301, 308, 400, 404, 409, 500, 599] {
            assert_eq!(wait(1, &answered(status, None), 0.0), 5, "{status}");
        }
        let url = due(1).url;
        assert_eq!(
            next_attempt(&due(1), &answered(410, None), NOW, 0.0),
            Fate::Gone { url }
        );
        let silent = Answer {
            status: None,
            error: Some("timed_out"),
            retry_after: None,
        };
        assert_eq!(wait(1, &silent, 0.0), 5);
    }

    #[test]
    fn a_receiver_under_load_is_left_alone_for_as_long_as_it_asks_within_bounds() {
        for status in [429, 503] {
            assert_eq!(wait(1, &answered(status, Some(120)), 0.0), 120);
            assert_eq!(wait(3, &answered(status, Some(120)), 0.0), 1800, "never sooner");
            assert_eq!(wait(1, &answered(status, Some(9_999_999)), 0.0), 86400);
            assert_eq!(wait(1, &answered(status, Some(-5)), 0.0), 5);
        }
        assert_eq!(wait(1, &answered(500, Some(120)), 0.0), 5);
    }
}
