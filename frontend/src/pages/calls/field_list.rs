//! Fields of a call.

use leptos::prelude::*;
use ori_shared::call::CallView;

use super::labels::duration;
use super::table::PhoneNumber;
use crate::components::timestamp::Timestamp;
use crate::pages::fleet::host_card::Fact;
use crate::state::zone::Wall;

/// Every known field with its name.
#[component]
pub fn FieldList(call: CallView, shows_numbers: RwSignal<bool>) -> impl IntoView {
    let details = call.details.unwrap_or_default();
    let text =
        |value: Option<String>| value.map(|value| view! { <span dir="auto">{value}</span> }.into_any());
    let code =
        |value: Option<String>| value.map(|value| view! { <code translate="no">{value}</code> }.into_any());
    let phone = |value: Option<String>| {
        value.map(|number| view! { <PhoneNumber number shown=shows_numbers /> }.into_any())
    };
    let time = |at| view! { <Timestamp at format=Wall::date_time_seconds /> }.into_any();
    // The caller number is in the request and in the worker's report; both are shown only if they differ.
    let reported = details
        .caller_id
        .filter(|id| Some(id) != call.from_number.as_ref());
    let fields = [
        ("Number", phone(Some(call.to_number))),
        ("Caller ID", phone(call.from_number)),
        ("API key", text(Some(call.key_name))),
        ("Bot", text(Some(call.bot_id))),
        ("Reference", text(call.call_reference)),
        ("Requested", Some(time(call.created_at))),
        ("Updated", Some(time(call.updated_at))),
        ("Duration", text(call.duration_seconds.map(duration))),
        ("Ended by", text(call.disconnected_by)),
        ("SIP status", text(call.sip_status.map(|code| code.to_string()))),
        ("Call ID", code(Some(call.call_id.to_string()))),
        ("Room", code(call.room_name)),
        ("Session", code(details.session_id)),
        ("Stream", code(details.stream_id)),
        ("Reported caller ID", phone(reported)),
    ];
    let known = fields
        .into_iter()
        .filter_map(|(name, value)| value.map(|value| view! { <Fact name>{value}</Fact> }))
        .collect_view();
    let variables = (!details.variables.is_empty()).then(|| {
        let variables = details
            .variables
            .into_iter()
            .map(|(name, value)| view! { <Fact name>{value}</Fact> })
            .collect_view();
        view! {
            <section class="call-part">
                <h3>"Variables"</h3>
                <dl class="facts" translate="no">
                    {variables}
                </dl>
            </section>
        }
    });
    view! {
        <dl class="facts">{known}</dl>
        {variables}
    }
}
