//! Reading days and points in time.
//!
//! In the one form each that they are written in here (RFC 3339, in UTC): chrono's reader knows every other one too,
//! and weighs as much.

use chrono::{DateTime, NaiveDate, Utc};

/// A day, as date fields and addresses give it: `2026-11-23`.
#[must_use]
pub fn day(text: &str) -> Option<NaiveDate> {
    let [year, month, day] = numbers(text, "-", [4, 2, 2])?;
    NaiveDate::from_ymd_opt(year.try_into().ok()?, month, day)
}

/// A point in time in UTC, as the server writes it: `2026-11-23T14:05:09.123456Z`.
#[must_use]
pub fn instant(text: &str) -> Option<DateTime<Utc>> {
    let utc = text.strip_suffix('Z').or_else(|| text.strip_suffix("+00:00"))?;
    let (date, time) = utc.split_once('T')?;
    let (time, fraction) = time.split_once('.').unwrap_or((time, "0"));
    let [hour, minute, second] = numbers(time, ":", [2, 2, 2])?;
    let [parts] = numbers(fraction, ":", [fraction.len()])?;
    let nanos = parts * 10_u32.checked_pow(9_u32.checked_sub(fraction.len().try_into().ok()?)?)?;
    Some(
        day(date)?
            .and_hms_nano_opt(hour, minute, second, nanos)?
            .and_utc(),
    )
}

/// The numbers between the marks, each of that many digits.
fn numbers<const N: usize>(text: &str, mark: &str, digits: [usize; N]) -> Option<[u32; N]> {
    let mut parts = text.split(mark);
    let mut numbers = [0; N];
    for (number, digits) in numbers.iter_mut().zip(digits) {
        let part = parts.next()?;
        // A sign is no digit, although `parse` takes one.
        let is_whole = part.len() == digits && part.bytes().all(|digit| digit.is_ascii_digit());
        *number = is_whole.then(|| part.parse().ok())??;
    }
    parts.next().is_none().then_some(numbers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_read_as_it_is_written() {
        for text in ["2026-11-23", "0001-01-01", "9999-12-31", "2028-02-29"] {
            assert_eq!(day(text).map(|day| day.to_string()).as_deref(), Some(text));
        }
        for wrong in [
            "",
            "2026-11",
            "2026-11-23-1",
            "2026-02-30",
            "26-11-23",
            "2026-+1-23",
            "2026-11-2３",
        ] {
            assert_eq!(day(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_point_in_time_is_read_as_the_server_writes_it() {
        for text in [
            "2026-11-23T14:05:09Z",
            "2026-11-23T14:05:09+00:00",
            "2026-11-23T14:05:09.120Z",
            "2026-11-23T14:05:09.123456Z",
            "1969-12-31T23:59:59.999999999Z",
        ] {
            assert_eq!(instant(text), text.parse().ok(), "{text}");
            assert!(instant(text).is_some(), "{text}");
        }
        for wrong in [
            "",
            "2026-11-23",
            "2026-11-23T14:05Z",
            "2026-11-23T24:00:00Z",
            "2026-11-23T14:05:09+05:30",
        ] {
            assert_eq!(instant(wrong), None, "{wrong}");
        }
    }
}
