//! The display timezone's choices (platform, section 5).

/// The zones that are offered first, with the abbreviation that stands behind their name (none for UTC, the default).
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

/// The zone that is used where nothing was chosen and the browser names none.
pub const DEFAULT: &str = "UTC";

/// What a person reads for a zone: `Asia/Kolkata (IST)` for the featured ones, else the zone's name.
#[must_use]
pub fn label(zone: &str) -> String {
    match FEATURED.iter().find(|(name, _)| *name == zone) {
        Some((name, abbreviation)) if !abbreviation.is_empty() => format!("{name} ({abbreviation})"),
        _ => zone.to_owned(),
    }
}

/// The name under which a zone is offered. Browsers still report some zones by the name that IANA has since retired.
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
    fn featured_zones_carry_their_abbreviation_and_others_their_name() {
        assert_eq!(label("Asia/Kolkata"), "Asia/Kolkata (IST)");
        assert_eq!(label("UTC"), "UTC");
        assert_eq!(label("Pacific/Chatham"), "Pacific/Chatham");
    }

    #[test]
    fn a_retired_name_leads_to_the_offered_one() {
        assert_eq!(canonical("Asia/Calcutta"), "Asia/Kolkata");
        assert_eq!(canonical("Europe/Paris"), "Europe/Paris");
    }
}
