//! End of the day through which a key works.

use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeDelta, TimeZone as _, Utc};
use chrono_tz::Tz;

/// The instant at which that day is over in that zone: the first instant of the day after.
///
/// Where clocks are set forward over midnight, the next day begins when they stand again; where midnight comes
/// twice, at the first. `None` beyond the calendar.
#[must_use]
pub fn end_of_day(day: NaiveDate, zone: Tz) -> Option<DateTime<Utc>> {
    let midnight = day.checked_add_days(Days::new(1))?.and_time(NaiveTime::MIN);
    // The longest gap ever was a day (Samoa, 2011); a minute is finer than any that is still to come.
    (0..=2 * 24 * 60)
        .map(|minutes| midnight.checked_add_signed(TimeDelta::minutes(minutes)))
        .find_map(|local| zone.from_local_datetime(&local?).earliest())
        .map(|instant| instant.to_utc())
}

#[cfg(test)]
mod tests {
    use chrono::Timelike as _;
    use proptest::prelude::*;

    use super::*;

    fn end(day: &str, zone: &str) -> String {
        let zone: Tz = zone.parse().unwrap();
        end_of_day(day.parse().unwrap(), zone)
            .unwrap()
            .format("%FT%RZ")
            .to_string()
    }

    #[test]
    fn a_plain_day_ends_at_its_zones_midnight() {
        assert_eq!(end("2026-11-23", "UTC"), "2026-11-24T00:00Z");
        assert_eq!(end("2026-11-23", "Asia/Kolkata"), "2026-11-23T18:30Z");
        assert_eq!(end("2026-11-23", "Pacific/Kiritimati"), "2026-11-23T10:00Z");
        assert_eq!(end("2026-02-28", "America/New_York"), "2026-03-01T05:00Z");
    }

    #[test]
    fn days_on_which_clocks_change_have_their_own_length() {
        assert_eq!(end("2026-03-29", "Europe/Berlin"), "2026-03-29T22:00Z");
        assert_eq!(end("2026-10-25", "Europe/Berlin"), "2026-10-25T23:00Z");
        assert_eq!(end("2026-03-08", "America/Los_Angeles"), "2026-03-09T07:00Z");
        assert_eq!(end("2026-11-01", "America/Los_Angeles"), "2026-11-02T08:00Z");
    }

    #[test]
    fn a_day_that_begins_in_a_gap_begins_when_the_clocks_stand_again() {
        // Cairo, 2024-04-26: 00:00 did not exist, the day began at 01:00 (+03).
        assert_eq!(end("2024-04-25", "Africa/Cairo"), "2024-04-25T22:00Z");
        // Sao Paulo, 2018-11-04: the same, at 01:00 (-02).
        assert_eq!(end("2018-11-03", "America/Sao_Paulo"), "2018-11-04T03:00Z");
        // Samoa had no 30 December 2011.
        assert_eq!(end("2011-12-29", "Pacific/Apia"), "2011-12-30T10:00Z");
    }

    #[test]
    fn a_midnight_that_comes_twice_ends_the_day_at_the_first() {
        // Havana, 2026-11-01: 01:00 (-04) is followed by 00:00 (-05).
        assert_eq!(end("2026-10-31", "America/Havana"), "2026-11-01T04:00Z");
    }

    #[test]
    fn the_calendars_last_day_has_no_end() {
        assert_eq!(end_of_day(NaiveDate::MAX, Tz::UTC), None);
    }

    const ZONES: [Tz; 8] = [
        Tz::UTC,
        Tz::Asia__Kolkata,
        Tz::America__New_York,
        Tz::Europe__Berlin,
        Tz::Africa__Cairo,
        Tz::America__Sao_Paulo,
        Tz::Australia__Lord_Howe,
        Tz::America__Havana,
    ];

    proptest! {
        #[test]
        fn the_instant_before_is_that_day_and_the_instant_itself_is_the_next(days in 7_300i32..40_000, zone in 0..ZONES.len()) {
            let zone = ZONES[zone];
            let day = NaiveDate::from_epoch_days(days).unwrap();
            let end = end_of_day(day, zone).unwrap();
            let next = end.with_timezone(&zone);
            prop_assert_eq!(next.date_naive(), day.succ_opt().unwrap());
            prop_assert!(next.hour() <= 1);
            let last = (end - TimeDelta::microseconds(1)).with_timezone(&zone);
            prop_assert_eq!(last.date_naive(), day);
        }
    }
}
