//! How full the fleet is.

use ori_shared::fleet::FleetStatus;

use crate::ui::el::{El, el};

/// From this share on, in percent, the bar is red.
const FULL_FROM: u64 = 80;

/// The fleet's capacity as a bar, with its numbers beside it.
#[must_use]
pub fn capacity(status: &FleetStatus) -> El {
    let used = used(status);
    let percent = percent(used, status.total_capacity);
    let (class, word) = if percent < FULL_FROM {
        ("meter meter-green", "")
    } else {
        ("meter meter-red", " · nearly full")
    };
    let word = if status.total_capacity == 0 {
        " · no host can dial"
    } else {
        word
    };
    let text = format!("{used} of {} in use", status.total_capacity);
    let told = format!("{percent} %{word} · {} free", status.available);
    let bar = el("div")
        .class(class)
        .attr("role", "meter")
        .attr("aria-label", "Capacity in use")
        .attr("aria-valuemin", "0")
        .attr("aria-valuemax", "100")
        .attr("aria-valuenow", percent.to_string())
        .attr("aria-valuetext", format!("{text}, {told}"));
    let filled = el("span").style("width", &format!("{percent}%"));
    el("section")
        .class("capacity")
        .child(
            el("p")
                .class("capacity-told")
                .child(el("b").text(&text))
                .child(el("span").text(&told)),
        )
        .child(bar.child(filled))
}

/// What cannot be had any more: calls that take place, and room that is reserved for others.
fn used(status: &FleetStatus) -> u64 {
    status.total_capacity.saturating_sub(status.available)
}

/// Rounded down, so that less than 80 % is never shown as 80. Without any capacity there is no room either: all is
/// used.
fn percent(used: u64, total: u64) -> u64 {
    used.saturating_mul(100)
        .checked_div(total)
        .unwrap_or(100)
        .min(100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_rounded_down() {
        for (used, total, told) in [
            (0, 20, 0),
            (799, 1000, 79),
            (8, 10, 80),
            (20, 20, 100),
            (0, 0, 100),
        ] {
            assert_eq!(percent(used, total), told);
        }
    }
}
