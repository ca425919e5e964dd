//! Local date and time, and its formats.

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, Timelike, Utc};

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// Local date and time with its zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wall {
    /// The local date and time.
    pub local: NaiveDateTime,
    /// The zone and its offset then, e.g. `Asia/Kolkata (GMT+5:30)`.
    pub place: String,
}

impl Wall {
    /// Returns the date and time in UTC.
    #[must_use]
    pub fn in_utc(at: DateTime<Utc>) -> Self {
        Self {
            local: at.naive_utc(),
            place: "UTC".to_owned(),
        }
    }

    /// Returns the day.
    #[must_use]
    pub fn day(&self) -> NaiveDate {
        self.local.date()
    }

    /// Formats as `23 Nov 2026`.
    #[must_use]
    pub fn date(&self) -> String {
        let month = MONTHS
            .get(self.local.month0() as usize)
            .copied()
            .unwrap_or_default();
        format!("{} {month} {}", self.local.day(), self.local.year())
    }

    /// Formats as `23 Nov 2026, 14:05`.
    #[must_use]
    pub fn date_time(&self) -> String {
        format!(
            "{}, {:02}:{:02}",
            self.date(),
            self.local.hour(),
            self.local.minute()
        )
    }

    /// Formats as `23 Nov 2026, 14:05:09`.
    #[must_use]
    pub fn date_time_seconds(&self) -> String {
        format!("{}:{:02}", self.date_time(), self.local.second())
    }

    /// Formats as `23 Nov 2026, 14:05:09, Asia/Kolkata (GMT+5:30)`.
    #[must_use]
    pub fn exact(&self) -> String {
        format!("{}, {}", self.date_time_seconds(), self.place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_written_from_coarse_to_exact() {
        let wall = Wall {
            local: NaiveDate::from_ymd_opt(2026, 9, 3)
                .unwrap()
                .and_hms_opt(4, 5, 9)
                .unwrap(),
            place: "Asia/Kolkata (GMT+5:30)".to_owned(),
        };
        assert_eq!(wall.date(), "3 Sep 2026");
        assert_eq!(wall.date_time(), "3 Sep 2026, 04:05");
        assert_eq!(wall.exact(), "3 Sep 2026, 04:05:09, Asia/Kolkata (GMT+5:30)");
        assert_eq!(wall.day(), NaiveDate::from_ymd_opt(2026, 9, 3).unwrap());
    }
}
