//! Points in time.

use chrono::{DateTime, SecondsFormat, Utc};

use crate::state::zone::{Wall, Zone};
use crate::ui::el::{El, el};

/// A point in time in the display timezone; its tooltip tells it to the second.
#[must_use]
pub fn time(zone: Zone, at: DateTime<Utc>, text: fn(&Wall) -> String) -> El {
    el("time")
        .attr("datetime", at.to_rfc3339_opts(SecondsFormat::AutoSi, true))
        .live_attr("title", move || Some(zone.wall(at).exact()))
        .live_text(move || text(&zone.wall(at)))
}
