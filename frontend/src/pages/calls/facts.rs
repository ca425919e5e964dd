//! A call's fields.

use ori_shared::call::CallView;

use super::table::number;
use super::words::duration;
use crate::pages::parts::time::time;
use crate::reactive::*;
use crate::state::zone::{Wall, Zone};
use crate::ui::el::{El, el};

/// Every field that is known, each with its name.
#[must_use]
pub fn facts(call: &CallView, numbers: RwSignal<bool>, zone: Zone) -> El {
    let details = call.details.clone().unwrap_or_default();
    let text = |value: Option<&str>| value.map(|value| el("span").text(value));
    let code = |value: Option<&str>| value.map(|value| el("code").text(value));
    let phone = |value: Option<&str>| {
        let value = value?.to_owned();
        Some(el("code").live_text(move || number(&value, numbers.get())))
    };
    let all = [
        ("Number", phone(Some(&call.to_number))),
        ("Shown number", phone(call.from_number.as_deref())),
        ("API key", text(Some(&call.key_name))),
        ("Bot", text(Some(&call.bot_id))),
        ("Reference", text(call.call_reference.as_deref())),
        (
            "Asked for",
            Some(time(zone, call.created_at, Wall::date_time_seconds)),
        ),
        (
            "Last change",
            Some(time(zone, call.updated_at, Wall::date_time_seconds)),
        ),
        ("Duration", text(call.duration_seconds.map(duration).as_deref())),
        ("Ended by", text(call.disconnected_by.as_deref())),
        (
            "SIP status",
            text(call.sip_status.map(|code| code.to_string()).as_deref()),
        ),
        ("Call ID", code(Some(&call.call_id.to_string()))),
        ("Room", code(call.room_name.as_deref())),
        ("Session", code(details.session_id.as_deref())),
        ("Stream", code(details.stream_id.as_deref())),
        ("Caller ID", phone(details.caller_id.as_deref())),
    ];
    let variables = details
        .variables
        .iter()
        .map(|(name, value)| fact(name, el("span").text(value)));
    let told = all
        .into_iter()
        .filter_map(|(name, value)| Some(fact(name, value?)));
    let facts = el("dl").class("facts").children(told);
    if details.variables.is_empty() {
        return facts;
    }
    el("div").class("call-parts").child(facts).child(
        el("section")
            .class("call-part")
            .child(el("h3").text("Variables"))
            .child(el("dl").class("facts").children(variables)),
    )
}

fn fact(name: &str, value: El) -> El {
    el("div").child(el("dt").text(name)).child(el("dd").child(value))
}
