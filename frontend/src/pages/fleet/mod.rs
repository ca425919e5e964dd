//! The Fleet page: voice hosts and their capacity.

pub mod capacity;
pub mod host_card;

use leptos::prelude::*;
use ori_shared::fleet::FleetStatus;

use crate::api;
use crate::components::empty_state::{EmptyState, Failure, Loading};
use crate::components::icon::Glyph;
use crate::hooks::Remote;
use crate::hooks::remote::use_polled;
use crate::layout::page_head::PageHead;
use capacity::Capacity;
use host_card::HostCard;

/// The Fleet page.
#[component]
pub fn FleetPage() -> impl IntoView {
    let fleet = use_polled(api::fleet::status);
    let count = Signal::derive(move || {
        match fleet.with(|fleet| fleet.value().map_or(0, |status| status.hosts.len())) {
            0 => String::new(),
            1 => "1 host".to_owned(),
            hosts => format!("{hosts} hosts"),
        }
    });
    let stale = move || {
        fleet.with(|fleet| {
            let error = fleet.stale()?;
            Some(format!("This may be out of date. {}", error.sentence()))
        })
    };
    // A failed refresh changes only the line above the hosts.
    let content = Memo::new(move |_| {
        fleet.with(|fleet| match fleet {
            Remote::Ready { value, .. } => Remote::ready(value.clone()),
            other => other.clone(),
        })
    });
    view! {
        <PageHead title="Fleet" count />
        <p class="page-text">"Voice hosts and their capacity. Refreshes every 5 seconds."</p>
        <p class="stale" role="status">{stale}</p>
        {move || match content.get() {
            Remote::Loading => view! { <div class="panel"><Loading /></div> }.into_any(),
            Remote::Failed(error) => {
                view! {
                    <div class="panel">
                        <Failure
                            title="Couldn’t load the fleet"
                            text=error.sentence()
                            on_retry=move |()| fleet.reload()
                        />
                    </div>
                }
                    .into_any()
            }
            Remote::Ready { value, .. } if value.hosts.is_empty() => view! { <NoHosts /> }.into_any(),
            Remote::Ready { value, .. } => view! { <Hosts status=value /> }.into_any(),
        }}
    }
}

#[component]
fn Hosts(status: FleetStatus) -> impl IntoView {
    let note = status.simulated.then(|| {
        view! {
            <p class="warning">"Simulated: no real phone rings. The voice host only plays the part of one."</p>
        }
    });
    view! {
        <div class="fleet">
            {note} <Capacity status=status.clone() />
            <ul class="hosts">
                {status.hosts.into_iter().map(|host| view! { <HostCard host /> }).collect_view()}
            </ul>
        </div>
    }
}

#[component]
fn NoHosts() -> impl IntoView {
    view! {
        <div class="panel">
            <EmptyState
                glyph=Glyph::Servers
                title="No voice hosts are configured"
                text="Calls can’t be placed until a voice host is configured. Set ORI_FLEET_URLS (comma-separated) and restart the server."
            />
        </div>
    }
}
