//! All that is known of one call.

use ori_shared::call::{CallEvent, CallView};
use uuid::Uuid;

use super::SEARCH;
use super::facts::facts;
use super::query::Query;
use super::transcript::transcript;
use super::words::{badge_of, explained, meaning, reason};
use crate::api::{self, ApiError};
use crate::pages::parts::deliveries::deliveries;
use crate::pages::parts::time::time;
use crate::reactive::*;
use crate::state::session::use_session;
use crate::state::task::start_here;
use crate::state::zone::{Wall, Zone, use_zone};
use crate::ui::badge::badge;
use crate::ui::button::button;
use crate::ui::dialog::dialog;
use crate::ui::el::{El, el};
use crate::ui::pulse::pulse;
use crate::ui::switch::switch;

type Told = RwSignal<Option<Result<CallView, ApiError>>>;

/// One call: its fields, the states that it went through, its recording and transcript, and what was told of it to a
/// webhook.
///
/// `numbers` is whether numbers are shown in full.
#[must_use]
pub fn call_dialog(id: Uuid, query: Query, numbers: RwSignal<bool>) -> El {
    let zone = use_zone();
    let told = read(id);
    let close = move || query.close();
    let body = move || {
        Some(told.with(|told| match told {
            None => el("p").class("help").attr("role", "status").text("Loading…"),
            Some(Err(error)) => failed(error),
            Some(Ok(call)) => found(call, numbers, zone),
        }))
    };
    let hooks = el("section")
        .class("call-part")
        .child(el("h3").text("Webhook deliveries"))
        .child(deliveries(
            "call_id",
            id,
            "Nothing was sent to a webhook for this call.",
        ));
    let actions = el("div")
        .class("dialog-actions")
        .child(switch("Show numbers", numbers))
        .child(button("Close").on_press(close));
    let parts = el("div")
        .class("call-parts")
        .live(body)
        .child(hooks)
        .child(actions);
    dialog("call-dialog", "Call", SEARCH)
        .on_dismiss(close)
        .child(parts)
        .into()
}

/// Reads the call, now and every few seconds. A reading that failed leaves what is known.
fn read(id: Uuid) -> Told {
    let session = use_session();
    let told: Told = RwSignal::new(None);
    let owner = StoredValue::new(Owner::current().unwrap_or_default());
    let read = move || {
        let Some(owner) = owner.try_get_value() else {
            return;
        };
        owner.with(|| {
            start_here(async move {
                let answer = api::calls::read(id).await;
                let known = told.with_untracked(|told| matches!(told, Some(Ok(_))));
                let ended = answer.as_ref().is_err_and(|error| session.ended_by(error));
                let is_news = told.with_untracked(|told| told.as_ref() != Some(&answer));
                if is_news && !ended && !(known && answer.is_err()) {
                    told.set(Some(answer));
                }
            });
        });
    };
    read();
    pulse(read);
    told
}

fn failed(error: &ApiError) -> El {
    let words = if error.code() == Some(ori_shared::error_code::ErrorCode::CallNotFound) {
        "There is no such call. Its address may have been mistyped.".to_owned()
    } else {
        format!("The call could not be loaded. {}", error.sentence())
    };
    el("p").class("alert").attr("role", "alert").text(&words)
}

fn found(call: &CallView, numbers: RwSignal<bool>, zone: Zone) -> El {
    let (tone, word) = badge_of(call.status);
    let why = reason(call).unwrap_or_else(|| meaning(call.status).to_owned());
    let head = el("p")
        .class("call-head")
        .child(badge(tone, word))
        .child(el("span").text(&why));
    let history = el("section")
        .class("call-part")
        .child(el("h3").text("History"))
        .child(
            el("ol")
                .class("history")
                .children(call.history.iter().map(|event| state(event, call, zone))),
        );
    el("div")
        .class("call-parts")
        .child(head)
        .child(facts(call, numbers, zone))
        .child(history)
        .child(recording(call))
        .child(transcript(call))
}

/// A state with its time and what it means. The SIP code belongs to the state that it brought about.
fn state(event: &CallEvent, call: &CallView, zone: Zone) -> El {
    let (tone, word) = badge_of(event.status);
    let sip = call
        .sip_status
        .filter(|_| event.status == call.status && event.reason.is_some());
    let why = explained(event.reason.as_deref(), sip).unwrap_or_else(|| meaning(event.status).to_owned());
    el("li")
        .child(time(zone, event.at, Wall::date_time_seconds))
        .child(badge(tone, word))
        .child(el("span").text(&why))
}

/// A link, where what the worker told is an address of the web and nothing else.
fn recording(call: &CallView) -> El {
    let part = el("section").class("call-part").child(el("h3").text("Recording"));
    match call.recording_url.as_deref() {
        Some(url) if url.starts_with("https://") || url.starts_with("http://") => part.child(
            el("a")
                .attr("href", url)
                .attr("target", "_blank")
                .attr("rel", "noopener noreferrer")
                .text("Open the recording"),
        ),
        Some(other) => part.child(el("code").text(other)),
        None => part.child(el("p").class("help").text("There is no recording.")),
    }
}
