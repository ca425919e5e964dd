//! Choices of the display timezone (platform, section 5).

/// Zones that are offered first, each with the abbreviation after its name (none for UTC, the default).
pub const FEATURED: [(&str, &str); 11] = [
    ("UTC", ""),
    ("Asia/Kolkata", "IST"),
    ("America/New_York", "EST"),
    ("America/Chicago", "CST"),
    ("America/Los_Angeles", "PST"),
    ("Europe/London", "GMT"),
    ("Europe/Berlin", "CET"),
    ("Asia/Dubai", "GST"),
    ("Asia/Singapore", "SGT"),
    ("Asia/Tokyo", "JST"),
    ("Australia/Sydney", "AEST"),
];

/// Zone that is used if none was chosen and the browser reports none.
pub const DEFAULT: &str = "UTC";

/// Returns the label of a zone: `Asia/Kolkata (IST)` for a featured zone, otherwise its name.
#[must_use]
pub fn label(zone: &str) -> String {
    match FEATURED.iter().find(|(name, _)| *name == zone) {
        Some((name, abbreviation)) if !abbreviation.is_empty() => format!("{name} ({abbreviation})"),
        _ => zone.to_owned(),
    }
}

/// Returns the current name of a zone. Browsers still report some zones by a name that IANA has retired.
#[must_use]
pub fn canonical(zone: &str) -> &str {
    match zone {
        "Asia/Calcutta" => "Asia/Kolkata",
        "Etc/UTC" | "Etc/GMT" | "Etc/Universal" | "Etc/Zulu" | "GMT" => "UTC",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_featured_zone_is_an_iana_zone() {
        for (zone, _) in FEATURED {
            assert!(zone.parse::<chrono_tz::Tz>().is_ok(), "{zone}");
        }
    }

    #[test]
    fn featured_zones_have_an_abbreviation_and_others_only_their_name() {
        assert_eq!(label("Asia/Kolkata"), "Asia/Kolkata (IST)");
        assert_eq!(label("UTC"), "UTC");
        assert_eq!(label("Pacific/Chatham"), "Pacific/Chatham");
    }

    #[test]
    fn a_retired_name_maps_to_the_current_one() {
        assert_eq!(canonical("Asia/Calcutta"), "Asia/Kolkata");
        assert_eq!(canonical("Europe/Paris"), "Europe/Paris");
    }
}
