//! One host.

use ori_shared::fleet::{HostState, HostStatus, WorkerStatus};

use crate::pages::parts::time::time;
use crate::state::zone::{Wall, Zone};
use crate::ui::badge::{Tone, badge};
use crate::ui::el::{El, el};

/// A host's card: its state, its room, its workers, and what went wrong last.
#[must_use]
pub fn card(host: &HostStatus, zone: Zone) -> El {
    let (tone, word) = match host.state {
        HostState::Healthy => (Tone::Green, "Healthy"),
        HostState::Unhealthy => (Tone::Red, "Unhealthy"),
        HostState::Unknown => (Tone::Grey, "Not asked yet"),
    };
    let head = el("div").class("host-head").child(el("h2").text(&host.host));
    let head = if host.simulated {
        head.child(el("span").class("simulated").text("Simulated"))
    } else {
        head
    };
    let card = el("li").class("host").child(head.child(badge(tone, word)));
    let card = match &host.last_error {
        Some(error) => card.child(el("p").class("alert").text(error)),
        None => card,
    };
    let count = |number: Option<u64>| {
        el("span").text(number.map_or_else(|| "--".to_owned(), |number| number.to_string()))
    };
    let checked = match host.last_checked_at {
        Some(at) => time(zone, at, Wall::date_time_seconds),
        None => el("span").text("--"),
    };
    let facts = [
        ("Calls", count(host.fleet_calls)),
        ("Capacity", count(host.fleet_max)),
        ("Free", count(host.fleet_available)),
        ("Reserved", count(Some(host.reserved))),
        ("Last learned", checked),
    ];
    let facts = facts.map(|(name, value)| el("div").child(el("dt").text(name)).child(el("dd").child(value)));
    card.child(el("dl").class("facts host-facts").children(facts))
        .child(workers(&host.workers))
}

fn workers(workers: &[WorkerStatus]) -> El {
    let busy = workers
        .iter()
        .filter(|worker| worker.calls.is_some_and(|calls| calls > 0))
        .count();
    let title = match workers.len() {
        0 => "No workers told of".to_owned(),
        1 => format!("1 worker, {busy} busy"),
        all => format!("{all} workers, {busy} busy"),
    };
    let list = el("ul").class("workers").children(workers.iter().map(worker));
    el("div").child(el("p").class("help").text(&title)).child(list)
}

fn worker(worker: &WorkerStatus) -> El {
    let said = match (&worker.status, worker.calls) {
        (Some(status), _) => status.clone(),
        (None, Some(1)) => "1 call".to_owned(),
        (None, Some(calls)) => format!("{calls} calls"),
        (None, None) => "--".to_owned(),
    };
    el("li")
        .child(el("code").text(worker.port.to_string()))
        .child(el("span").text(&said))
}
