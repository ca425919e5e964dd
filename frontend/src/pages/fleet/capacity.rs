//! Capacity of the fleet.

use leptos::prelude::*;
use ori_shared::fleet::FleetStatus;

/// Share in percent from which the bar is red.
const NEARLY_FULL: u64 = 80;

/// The capacity in use as a bar, with its numbers.
#[component]
pub fn Capacity(status: FleetStatus) -> impl IntoView {
    let used = used(&status);
    let percent = percent(used, status.total_capacity);
    let is_red = percent >= NEARLY_FULL;
    let word = match percent {
        _ if status.total_capacity == 0 => " · no host can dial",
        100.. => " · Full",
        NEARLY_FULL.. => " · nearly full",
        _ => "",
    };
    let text = format!("{used} of {} in use", status.total_capacity);
    let details = format!("{percent} %{word} · {} free", status.available);
    view! {
        <section class="capacity">
            <p class="capacity-text">
                <b>{text.clone()}</b>
                <span>{details.clone()}</span>
            </p>
            <div
                class="meter"
                class:meter-green=!is_red
                class:meter-red=is_red
                role="meter"
                aria-label="Capacity in use"
                aria-valuemin="0"
                aria-valuemax="100"
                aria-valuenow=percent.to_string()
                aria-valuetext=format!("{text}, {details}")
            >
                <span style:width=format!("{percent}%")></span>
            </div>
        </section>
    }
}

/// Returns the used capacity: calls and reservations.
fn used(status: &FleetStatus) -> u64 {
    status.total_capacity.saturating_sub(status.available)
}

/// Returns the used share, rounded down, so that less than 80 % is never shown as 80. Without any capacity, it is 100.
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
        for (used, total, share) in [
            (0, 20, 0),
            (799, 1000, 79),
            (8, 10, 80),
            (20, 20, 100),
            (0, 0, 100),
        ] {
            assert_eq!(percent(used, total), share);
        }
    }
}
