//! The table of calls.

use leptos::ev::MouseEvent;
use leptos::prelude::*;
use ori_shared::call::CallView;
use ori_shared::phone;
use uuid::Uuid;
use wasm_bindgen::JsCast;
use web_sys::Element;

use super::call_filter::CallFilter;
use super::labels::{badge_of, duration, reason, short_reason};
use super::store::CallList;
use crate::components::badge::Badge;
use crate::components::timestamp::Timestamp;
use crate::state::zone::Wall;

const COLUMNS: [&str; 7] = ["Time", "Key", "Number", "Bot", "Status", "Reason", "Duration"];

/// The calls, one per row. Roles are explicit because rows are cards on narrow screens.
#[component]
pub fn CallTable(calls: CallList, filter: CallFilter, shows_numbers: RwSignal<bool>) -> impl IntoView {
    let ids = Memo::new(move |_| {
        calls
            .state
            .with(|state| state.value().map(|listed| listed.ids.clone()).unwrap_or_default())
    });
    view! {
        <table class="table calls" role="table" aria-label="Calls">
            <thead role="rowgroup">
                <tr role="row">
                    {COLUMNS
                        .map(|column| view! { <th scope="col" role="columnheader">{column}</th> })
                        .collect_view()}
                </tr>
            </thead>
            <tbody role="rowgroup">
                <For each=move || ids.get() key=|id| *id let:id>
                    {calls
                        .view(id)
                        .map(|call| view! { <CallRow id call=call.into() filter shows_numbers /> })}
                </For>
            </tbody>
        </table>
    }
}

/// A phone number, masked unless numbers are shown.
#[component]
pub fn PhoneNumber(#[prop(into)] number: String, shown: RwSignal<bool>) -> impl IntoView {
    view! {
        <code translate="no">
            {move || if shown.get() { number.clone() } else { phone::masked(&number) }}
        </code>
    }
}

#[component]
fn CallRow(
    id: Uuid,
    call: RwSignal<CallView>,
    filter: CallFilter,
    shows_numbers: RwSignal<bool>,
) -> impl IntoView {
    let (key, bot, number, created) = call.with_untracked(|call| {
        (
            call.key_name.clone(),
            call.bot_id.clone(),
            call.to_number.clone(),
            call.created_at,
        )
    });
    let status = Memo::new(move |_| call.with(|call| call.status));
    let badge = move || {
        let (tone, label) = badge_of(status.get());
        view! { <Badge tone label /> }
    };
    let why = move || call.with(short_reason).unwrap_or_else(|| "--".to_owned());
    let length = move || {
        call.with(|call| call.duration_seconds)
            .map_or_else(|| "--".to_owned(), duration)
    };
    view! {
        <tr role="row" class="opens" on:click=move |event| open(&event, filter, id)>
            <td role="cell" class="cell-time">
                <a href=move || filter.address(Some(id))>
                    <Timestamp at=created format=Wall::date_time />
                </a>
            </td>
            <td role="cell" data-label="Key">
                <Clipped text=key />
            </td>
            <td role="cell" data-label="Number">
                <PhoneNumber number shown=shows_numbers />
            </td>
            <td role="cell" data-label="Bot">
                <Clipped text=bot />
            </td>
            <td role="cell" data-label="Status">
                <span>{badge}</span>
            </td>
            <td role="cell" data-label="Reason">
                <span title=move || call.with(reason)>{why}</span>
            </td>
            <td role="cell" data-label="Duration">
                {length}
            </td>
        </tr>
    }
}

/// Text that is cut to its column; the tooltip has the complete text.
#[component]
fn Clipped(text: String) -> impl IntoView {
    let title = text.clone();
    view! {
        <span class="clipped" dir="auto" translate="no" title=title>
            {text}
        </span>
    }
}

/// Opens the call on a click anywhere on the row, like its link. A click for a new tab is left to the browser, and one
/// that ends a text selection is ignored.
fn open(event: &MouseEvent, filter: CallFilter, id: Uuid) {
    let selects = window()
        .get_selection()
        .ok()
        .flatten()
        .is_some_and(|selection| !selection.is_collapsed());
    let target = event
        .target()
        .and_then(|target| target.dyn_into::<Element>().ok());
    let is_link = target.is_some_and(|target| target.closest("a").is_ok_and(|link| link.is_some()));
    let is_plain = event.button() == 0
        && !(event.meta_key() || event.ctrl_key() || event.shift_key() || event.alt_key())
        && !event.default_prevented();
    if is_plain && (is_link || !selects) {
        // The router ignores a click that was handled.
        event.prevent_default();
        filter.show(id);
    }
}
