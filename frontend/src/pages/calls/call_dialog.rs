//! Details of one call.

use leptos::prelude::*;
use ori_shared::account::Role;
use ori_shared::call::{CallEvent, CallView};
use ori_shared::error_code::ErrorCode;
use uuid::Uuid;

use super::SEARCH;
use super::call_filter::CallFilter;
use super::field_list::FieldList;
use super::labels::{badge_of, explained, meaning, reason};
use super::transcript::Transcript;
use crate::api::webhooks::DeliveriesOf;
use crate::api::{self, ApiError};
use crate::components::badge::Badge;
use crate::components::button::Button;
use crate::components::dialog::Dialog;
use crate::components::switch::Switch;
use crate::components::timestamp::Timestamp;
use crate::hooks::Remote;
use crate::hooks::remote::use_polled;
use crate::pages::deliveries::Deliveries;
use crate::state::session::use_session;
use crate::state::zone::Wall;

/// One call: its fields, its history, its recording and transcript, and the deliveries to a webhook.
#[component]
pub fn CallDialog(id: Uuid, filter: CallFilter, shows_numbers: RwSignal<bool>) -> impl IntoView {
    let session = use_session();
    let call = use_polled(move || api::calls::read(id));
    let content = Memo::new(move |_| {
        call.with(|call| match call {
            Remote::Ready { value, .. } => Remote::ready(value.clone()),
            other => other.clone(),
        })
    });
    view! {
        <Dialog
            id="call-dialog"
            title="Call"
            return_focus=SEARCH
            on_dismiss=move |()| filter.close()
        >
            <div class="call-parts">
                {move || match content.get() {
                    Remote::Loading => {
                        view! {
                            <p class="help" role="status">
                                "Loading…"
                            </p>
                        }
                            .into_any()
                    }
                    Remote::Failed(error) => view! { <CallFailed error /> }.into_any(),
                    Remote::Ready { value, .. } => {
                        view! { <CallDetails call=value shows_numbers /> }.into_any()
                    }
                }} // Deliveries are for admins.
                <Show when=move || session.has_role(Role::Admin)>
                    <section class="call-part">
                        <h3>"Webhook deliveries"</h3>
                        <Deliveries
                            of=DeliveriesOf::Call(id)
                            empty="Nothing was sent to a webhook for this call."
                        />
                    </section>
                </Show> <div class="dialog-actions">
                    <Switch label="Show numbers" on=shows_numbers />
                    <Button label="Close" on_press=move |()| filter.close() />
                </div>
            </div>
        </Dialog>
    }
}

#[component]
fn CallFailed(error: ApiError) -> impl IntoView {
    let words = if error.code() == Some(ErrorCode::CallNotFound) {
        "There is no such call. Its address may have been mistyped.".to_owned()
    } else {
        format!("Couldn’t load the call. {}", error.sentence())
    };
    view! {
        <p class="alert" role="alert">
            {words}
        </p>
    }
}

#[component]
fn CallDetails(call: CallView, shows_numbers: RwSignal<bool>) -> impl IntoView {
    let (tone, label) = badge_of(call.status);
    let why = reason(&call).unwrap_or_else(|| meaning(call.status).to_owned());
    let history = call
        .history
        .iter()
        .map(|event| view! { <HistoryLine event=event.clone() sip=sip_of(event, &call) /> })
        .collect_view();
    let transcript = call
        .details
        .as_ref()
        .and_then(|details| details.transcript.clone());
    view! {
        <div class="call-parts">
            <p class="call-head">
                <Badge tone label />
                <span>{why}</span>
            </p>
            <FieldList call=call.clone() shows_numbers />
            <section class="call-part">
                <h3>"History"</h3>
                <ol class="history">{history}</ol>
            </section>
            <Recording url=call.recording_url />
            <Transcript text=transcript />
        </div>
    }
}

/// A status with its time and its meaning.
#[component]
fn HistoryLine(event: CallEvent, sip: Option<u16>) -> impl IntoView {
    let (tone, label) = badge_of(event.status);
    let why = explained(event.reason.as_deref(), sip).unwrap_or_else(|| meaning(event.status).to_owned());
    view! {
        <li>
            <Timestamp at=event.at format=Wall::date_time_seconds />
            <Badge tone label />
            <span>{why}</span>
        </li>
    }
}

/// Returns the SIP code for the status that it caused.
fn sip_of(event: &CallEvent, call: &CallView) -> Option<u16> {
    call.sip_status
        .filter(|_| event.status == call.status && event.reason.is_some())
}

/// A link, if the URL that the worker reported is http or https. Any other URL might run a script.
#[component]
fn Recording(url: Option<String>) -> impl IntoView {
    let content = match url {
        Some(url) if url.starts_with("https://") || url.starts_with("http://") => view! {
            <a href=url target="_blank" rel="noopener noreferrer">
                "Open the recording"
            </a>
        }
        .into_any(),
        Some(other) => view! { <code>{other}</code> }.into_any(),
        None => view! { <p class="help">"No recording"</p> }.into_any(),
    };
    view! {
        <section class="call-part">
            <h3>"Recording"</h3>
            {content}
        </section>
    }
}
