//! The Fleet page: how much room there is for calls, host by host. It only shows.

pub mod host;
pub mod meter;

use ori_shared::fleet::FleetStatus;

use crate::api::{self, ApiError};
use crate::layout::page_head::{page_count, page_head};
use crate::reactive::*;
use crate::state::session::use_session;
use crate::state::task::start_here;
use crate::state::zone::{Zone, use_zone};
use crate::ui::button::button;
use crate::ui::el::{El, el};
use crate::ui::icon::Icon;
use crate::ui::notice::{failure, loading, placeholder};
use crate::ui::pulse::pulse;

/// The fleet as it was told last, and why it is not fresh.
#[derive(Clone, Copy)]
struct Fleet {
    told: RwSignal<Option<FleetStatus>>,
    fault: RwSignal<Option<ApiError>>,
}

/// The Fleet page.
#[must_use]
pub fn fleet_page() -> El {
    let zone = use_zone();
    let fleet = Fleet {
        told: RwSignal::default(),
        fault: RwSignal::default(),
    };
    let session = use_session();
    let owner = StoredValue::new(Owner::current().unwrap_or_default());
    let read = move || {
        let Some(owner) = owner.try_get_value() else {
            return;
        };
        owner.with(|| {
            start_here(async move {
                match api::fleet::status().await {
                    Ok(status) => fleet.put(status),
                    Err(error) if session.ended_by(&error) => {}
                    Err(error) => fleet.fault.set(Some(error)),
                }
            });
        });
    };
    read();
    pulse(read);
    let again = move || {
        fleet.fault.set(None);
        read();
    };
    let body = move || {
        Some(fleet.told.with(|told| match told {
            Some(status) if status.hosts.is_empty() => no_hosts(),
            Some(status) => found(status, zone),
            None => match fleet.fault.get() {
                Some(error) => failed(&error, again),
                None => panel().child(loading()),
            },
        }))
    };
    el("div")
        .child(page_head("Fleet").child(page_count(move || count(fleet))))
        .child(
            el("p")
                .class("page-text")
                .text("The voice hosts that dial, as they last told. Read anew every five seconds."),
        )
        .child(stale(fleet))
        .live(body)
}

impl Fleet {
    fn put(self, status: FleetStatus) {
        if self.fault.with_untracked(Option::is_some) {
            self.fault.set(None);
        }
        if self.told.with_untracked(|told| told.as_ref() != Some(&status)) {
            self.told.set(Some(status));
        }
    }
}

fn count(fleet: Fleet) -> String {
    match fleet
        .told
        .with(|told| told.as_ref().map_or(0, |told| told.hosts.len()))
    {
        0 => String::new(),
        1 => "1 host".to_owned(),
        hosts => format!("{hosts} hosts"),
    }
}

fn stale(fleet: Fleet) -> El {
    el("p")
        .class("stale")
        .attr("role", "status")
        .live_text(move || match fleet.fault.get() {
            Some(error) if fleet.told.with(Option::is_some) => {
                format!("This may be out of date. {}", error.sentence())
            }
            _ => String::new(),
        })
}

fn panel() -> El {
    el("div").class("panel")
}

fn found(status: &FleetStatus, zone: Zone) -> El {
    let page = el("div").class("fleet");
    let page = if status.simulated {
        let note = "Simulated: no real phone rings. The voice host only plays the part of one.";
        page.child(el("p").class("warning").text(note))
    } else {
        page
    };
    let hosts = status.hosts.iter().map(|told| host::card(told, zone));
    page.child(meter::capacity(status))
        .child(el("ul").class("hosts").children(hosts))
}

fn no_hosts() -> El {
    let words = "No call can be placed yet. Set ORI_FLEET_URLS to the addresses of the voice hosts, separated by commas, \
                 and restart the server.";
    panel().child(placeholder(Icon::Servers, "No voice hosts are configured", words))
}

fn failed(error: &ApiError, again: impl Fn() + 'static) -> El {
    let again = button("Try again").on_press(again);
    panel().child(failure("The fleet could not be loaded", error.sentence(), again))
}
