//! Relative times such as "2 hours ago".

use chrono::{DateTime, TimeDelta, Utc};

/// Formats the time from `then` to `now` in the largest whole unit, rounded down. A `then` in the future, which occurs
/// when clocks differ, is "just now".
///
/// # Examples
///
/// ```
/// use chrono::{DateTime, Utc};
/// use ori_shared::relative_time::ago;
///
/// let at = |time: &str| time.parse::<DateTime<Utc>>().unwrap();
/// let now = at("2026-11-26T12:00:00Z");
///
/// assert_eq!(ago(at("2026-11-26T11:59:30Z"), now), "just now");
/// assert_eq!(ago(at("2026-11-26T09:15:00Z"), now), "2 hours ago");
/// assert_eq!(ago(at("2026-11-25T12:00:00Z"), now), "1 day ago");
/// ```
#[must_use]
pub fn ago(then: DateTime<Utc>, now: DateTime<Utc>) -> String {
    let seconds = now.signed_duration_since(then).num_seconds();
    let (count, unit) = match seconds {
        ..MINUTE => return "just now".to_owned(),
        MINUTE..HOUR => (seconds / MINUTE, "minute"),
        HOUR..DAY => (seconds / HOUR, "hour"),
        DAY..MONTH => (seconds / DAY, "day"),
        MONTH..YEAR => (seconds / MONTH, "month"),
        _ => (seconds / YEAR, "year"),
    };
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {unit}{plural} ago")
}

/// Returns the time until the text of [`ago`] changes.
#[must_use]
pub fn changes_in(then: DateTime<Utc>, now: DateTime<Utc>) -> TimeDelta {
    let elapsed = now.signed_duration_since(then);
    let unit = match elapsed.num_seconds() {
        ..HOUR => MINUTE,
        HOUR..DAY => HOUR,
        _ => DAY,
    };
    let unit = TimeDelta::seconds(unit);
    let into = TimeDelta::milliseconds(elapsed.num_milliseconds().rem_euclid(unit.num_milliseconds()));
    unit - into
}

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
const MONTH: i64 = 30 * DAY;
const YEAR: i64 = 365 * DAY;

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap()
    }

    #[test]
    fn the_largest_whole_unit_is_used() {
        for (elapsed, text) in [
            (-3600, "just now"),
            (0, "just now"),
            (59, "just now"),
            (60, "1 minute ago"),
            (119, "1 minute ago"),
            (120, "2 minutes ago"),
            (3599, "59 minutes ago"),
            (3600, "1 hour ago"),
            (7200, "2 hours ago"),
            (86_399, "23 hours ago"),
            (86_400, "1 day ago"),
            (29 * 86_400, "29 days ago"),
            (30 * 86_400, "1 month ago"),
            (364 * 86_400, "12 months ago"),
            (365 * 86_400, "1 year ago"),
            (800 * 86_400, "2 years ago"),
        ] {
            assert_eq!(ago(at(0), at(elapsed)), text, "{elapsed} s");
        }
    }

    #[test]
    fn the_text_changes_after_the_returned_time() {
        for elapsed in (-120..200_000).step_by(37) {
            let wait = changes_in(at(0), at(elapsed));
            assert!(wait > TimeDelta::zero());
            let just_before = at(elapsed) + wait - TimeDelta::seconds(1);
            if just_before >= at(elapsed) {
                assert_eq!(ago(at(0), just_before), ago(at(0), at(elapsed)), "{elapsed} s");
            }
        }
    }
}
