//! Settings of a person.

pub mod get;
pub mod update;

use std::collections::BTreeSet;

use ori_shared::settings::SettingsView;
use ori_shared::timezone::FEATURED;

fn view(timezone: Option<String>) -> SettingsView {
    SettingsView {
        timezone,
        timezones: timezones(),
    }
}

/// Every IANA zone: the featured ones first, the others by name.
fn timezones() -> Vec<String> {
    let featured = FEATURED.map(|(zone, _)| zone);
    let others: BTreeSet<&str> = chrono_tz::TZ_VARIANTS
        .iter()
        .map(|zone| zone.name())
        .filter(|name| !featured.contains(name))
        .collect();
    featured.into_iter().chain(others).map(str::to_owned).collect()
}
