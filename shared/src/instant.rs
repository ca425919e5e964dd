//! Instants in requests.

use std::str::FromStr;

use chrono::{DateTime, Datelike as _, Utc};
use serde::{Deserialize, Deserializer};

/// RFC 3339 instant in a year from 0000 to 9999 (UTC), the range that every engine stores and every client parses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Instant(pub DateTime<Utc>);

/// Error of a text that is not an [`Instant`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotAnInstant {
    /// The text is not in the format of RFC 3339.
    Malformed,
    /// The year is before 0000 or after 9999.
    OutOfRange,
}

impl FromStr for Instant {
    type Err = NotAnInstant;

    fn from_str(text: &str) -> Result<Self, NotAnInstant> {
        let instant: DateTime<Utc> = text.parse().map_err(|_| NotAnInstant::Malformed)?;
        if (0..=9999).contains(&instant.year()) {
            Ok(Self(instant))
        } else {
            Err(NotAnInstant::OutOfRange)
        }
    }
}

impl<'de> Deserialize<'de> for Instant {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse()
            .map_err(|_| serde::de::Error::custom("not a time such as 2026-11-23T12:00:00Z"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_years_with_four_digits_are_accepted() {
        for (text, expected) in [
            ("0000-01-01T00:00:00Z", Ok("0000-01-01T00:00:00+00:00")),
            ("9999-12-31T23:59:59Z", Ok("9999-12-31T23:59:59+00:00")),
            ("2026-11-23T12:00:00+05:30", Ok("2026-11-23T06:30:00+00:00")),
            ("-10000-01-01T00:00:00Z", Err(NotAnInstant::OutOfRange)),
            ("-0001-01-01T00:00:00Z", Err(NotAnInstant::OutOfRange)),
            ("+12345-01-01T00:00:00Z", Err(NotAnInstant::OutOfRange)),
            ("9999-12-31T23:59:59-01:00", Err(NotAnInstant::OutOfRange)),
            ("2026-11-23", Err(NotAnInstant::Malformed)),
            ("2026-11-23T12:00:00 05:30", Err(NotAnInstant::Malformed)),
            ("", Err(NotAnInstant::Malformed)),
        ] {
            let parsed = text.parse().map(|Instant(instant)| instant.to_rfc3339());
            assert_eq!(parsed, expected.map(str::to_owned), "{text}");
        }
    }
}
