//! One voice host.

use leptos::prelude::*;
use ori_shared::fleet::{HostState, HostStatus, WorkerStatus};

use crate::components::badge::{Badge, Tone};
use crate::components::timestamp::Timestamp;
use crate::state::zone::Wall;

/// A host's state, its capacity, its workers, and its last error.
#[component]
pub fn HostCard(host: HostStatus) -> impl IntoView {
    let (tone, word) = match host.state {
        HostState::Healthy => (Tone::Green, "Healthy"),
        HostState::Unhealthy => (Tone::Red, "Unhealthy"),
        HostState::Unknown => (Tone::Grey, "Not checked yet"),
    };
    let checked = host
        .last_checked_at
        .map(|at| view! { <Timestamp at format=Wall::date_time_seconds /> });
    view! {
        <li class="host">
            <div class="host-head">
                <h2 translate="no">{host.host}</h2>
                {host.simulated.then(|| view! { <span class="simulated">"Simulated"</span> })}
                <Badge tone label=word />
            </div>
            {host.last_error.map(|error| view! { <p class="alert">{error}</p> })}
            <dl class="facts host-facts">
                <Fact name="Calls">{number(host.fleet_calls)}</Fact>
                <Fact name="Capacity">{number(host.fleet_max)}</Fact>
                <Fact name="Free">{number(host.fleet_available)}</Fact>
                <Fact name="Reserved">{host.reserved}</Fact>
                <Fact name="Last checked">
                    {match checked {
                        Some(checked) => checked.into_any(),
                        None => "--".into_any(),
                    }}
                </Fact>
            </dl>
            <Workers workers=host.workers />
        </li>
    }
}

/// A field with its name.
#[component]
pub fn Fact(#[prop(into)] name: String, children: Children) -> impl IntoView {
    view! {
        <div>
            <dt>{name}</dt>
            <dd>{children()}</dd>
        </div>
    }
}

#[component]
fn Workers(workers: Vec<WorkerStatus>) -> impl IntoView {
    let busy = workers
        .iter()
        .filter(|worker| worker.calls.is_some_and(|calls| calls > 0))
        .count();
    let title = match workers.len() {
        0 => "No workers reported".to_owned(),
        1 => format!("1 worker, {busy} busy"),
        all => format!("{all} workers, {busy} busy"),
    };
    let lines = workers
        .into_iter()
        .map(|worker| {
            view! {
                <li>
                    <code>{worker.port}</code>
                    <span>{load(&worker)}</span>
                </li>
            }
        })
        .collect_view();
    view! {
        <div>
            <p class="help">{title}</p>
            <ul class="workers">{lines}</ul>
        </div>
    }
}

fn load(worker: &WorkerStatus) -> String {
    match (&worker.status, worker.calls) {
        (Some(status), _) => status.clone(),
        (None, Some(1)) => "1 call".to_owned(),
        (None, Some(calls)) => format!("{calls} calls"),
        (None, None) => "--".to_owned(),
    }
}

fn number(number: Option<u64>) -> String {
    number.map_or_else(|| "--".to_owned(), |number| number.to_string())
}
