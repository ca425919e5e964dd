//! Format of all times in responses and events: RFC 3339 in UTC with six fractional digits, the stored precision. All
//! values have the same length, so they sort as text in the order of time.

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Serialize, Serializer};

/// Serializes a time as `2026-11-26T00:00:00.000000Z`.
///
/// # Errors
/// Returns the errors of the serializer.
pub fn serialize<S: Serializer>(time: &DateTime<Utc>, serializer: S) -> Result<S::Ok, S::Error> {
    format(*time).serialize(serializer)
}

/// Serializes an optional time in the same format, or `null`.
///
/// # Errors
/// Returns the errors of the serializer.
pub fn serialize_option<S: Serializer>(
    time: &Option<DateTime<Utc>>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    time.map(format).serialize(serializer)
}

/// Formats a time.
#[must_use]
pub fn format(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Micros, true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_time_has_six_fractional_digits() {
        for (time, text) in [
            ("2026-11-26T00:00:00Z", "2026-11-26T00:00:00.000000Z"),
            ("2026-11-26T00:00:00.123Z", "2026-11-26T00:00:00.123000Z"),
            (
                "2026-11-26T05:30:00.123456789+05:30",
                "2026-11-26T00:00:00.123456Z",
            ),
        ] {
            assert_eq!(format(time.parse().unwrap()), text);
        }
    }
}
