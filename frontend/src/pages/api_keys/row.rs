//! A row of the table.

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use leptos::html;
use leptos::prelude::*;
use ori_shared::api_key::KeyStatus;
use uuid::Uuid;
use wasm_bindgen::JsCast;
use web_sys::MouseEvent;

use super::Dialogs;
use super::actions::toggle;
use super::entry::Entry;
use super::store::Keys;
use crate::layout::nav_link::is_plain;
use crate::state::location::{Location, use_location};
use crate::state::route::Route;
use crate::state::session::use_session;
use crate::state::toasts::use_toasts;
use crate::state::zone::{Wall, Zone, use_zone};
use crate::ui::badge::{Badge, Tone};
use crate::ui::el::{El, el};
use crate::ui::focus;
use crate::ui::icon::{Glyph, Icon, glyph};
use crate::ui::when::{Moment, When};

/// One key. Each cell follows only what it shows.
#[component]
pub fn Row(
    /// The key.
    entry: Entry,
    /// All keys.
    keys: Keys,
    /// Which dialog is open.
    dialogs: Dialogs,
) -> impl IntoView {
    let zone = use_zone();
    let (told, passing) = (entry.told.clone(), entry.passing.clone());
    let name = Memo::new({
        let told = told.clone();
        move |_| told.with(|told| told.view.name.clone())
    });
    let masked = told.with_untracked(|told| told.view.masked());
    let created = told.with_untracked(|told| told.view.created_at);
    let last_used = last_used(&entry, zone);
    let status = Memo::new(move |_| passing.with(|passing| passing.status));
    let created = Memo::new(move |_| Some(moment(zone, created, Wall::date)));
    let expires = Memo::new(move |_| told.with(|told| told.view.expires_at).map(|at| expiry(zone, at)));
    view! {
        <tr role="row">
            <td role="cell" class="cell-name"><span title=name>{name}</span></td>
            <td role="cell" data-label="Key"><code>{masked}</code></td>
            <td role="cell" data-label="Status">
                {move || {
                    let status = status.get();
                    view! { <Badge tone=tone(status) label=status.label() /> }
                }}
            </td>
            <td role="cell" data-label="Expires"><When moment=expires /></td>
            <td role="cell" data-label="Last Used"><When moment=last_used /></td>
            <td role="cell" data-label="Created"><When moment=created /></td>
            <td role="cell" class="cell-actions"><Actions entry name keys dialogs /></td>
        </tr>
    }
}

#[component]
fn Actions(entry: Entry, name: Memo<String>, keys: Keys, dialogs: Dialogs) -> impl IntoView {
    let (session, toasts) = (use_session(), use_toasts());
    let button = NodeRef::<html::Button>::new();
    let saving = entry.saving.clone();
    let is_active = {
        let told = entry.told.clone();
        Memo::new(move |_| told.with(|told| told.view.is_active))
    };
    let (deleted, hooked) = (entry.clone(), entry.clone());
    let calls = calls_link(entry.id, name, use_location());
    let on_toggle = move |_| {
        // A button that is disabled loses the focus; whoever pressed it by keyboard gets it back.
        let had_focus = focus::focused();
        toggle(entry.clone(), keys, session, toasts, move || {
            let element = button.try_get_untracked().flatten();
            if had_focus.is_some() && element.is_some() {
                focus::give_back(element.map(Into::into), super::CREATE_BUTTON);
            }
        });
    };
    let webhook = el("button")
        .attr("type", "button")
        .class("button button-quiet icon-only")
        .attr("title", "Webhook")
        .live_attr("aria-label", move || Some(format!("Webhook of {}", name.get())))
        .child(glyph(Icon::Hook))
        .on("click", move |_| dialogs.webhook.set(Some(hooked.clone())));
    view! {
        {calls}
        {webhook}
        <button
            node_ref=button
            type="button"
            class="button button-quiet"
            aria-label=move || format!("Toggle {}", name.get())
            aria-pressed=move || if is_active.get() { "true" } else { "false" }
            disabled=move || saving.get()
            on:click=on_toggle
        >
            <Glyph icon=Icon::Power />
            "Toggle"
        </button>
        <button
            type="button"
            class="button button-quiet"
            aria-label=move || format!("Delete {}", name.get())
            on:click=move |_| dialogs.delete.set(Some(deleted.clone()))
        >
            <Glyph icon=Icon::Bin />
            "Delete"
        </button>
    }
}

/// A key's row leads to the calls that were made with it.
fn calls_link(id: Uuid, name: Memo<String>, location: Location) -> El {
    let to = format!("{}?key_id={id}", Route::Calls.path());
    el("a")
        .class("button button-quiet icon-only")
        .attr("href", &to)
        .attr("title", "View calls")
        .live_attr("aria-label", move || {
            Some(format!("View calls of {}", name.get()))
        })
        .child(glyph(Icon::Phone))
        .on("click", move |event| {
            if event.dyn_ref::<MouseEvent>().is_some_and(is_plain) {
                event.prevent_default();
                location.push(&to);
            }
        })
}

fn last_used(entry: &Entry, zone: Zone) -> Memo<Option<Moment>> {
    let (told, passing) = (entry.told.clone(), entry.passing.clone());
    Memo::new(move |_| {
        let at = told.with(|told| told.view.last_used_at)?;
        let text = passing.with(|passing| passing.last_used.clone())?;
        Some(moment(zone, at, move |_| text.clone()))
    })
}

/// A key that works through the end of a day ends as the next day begins. Telling that day would tell of one on which the key no
/// longer works, and not the one that was picked; so the last minute is told. The tooltip has the instant.
fn expiry(zone: Zone, at: DateTime<Utc>) -> Moment {
    let before = zone.wall(at - TimeDelta::milliseconds(1));
    moment(zone, at, |wall| {
        let told = if before.day() < wall.day() { &before } else { wall };
        told.date_time()
    })
}

fn moment(zone: Zone, at: DateTime<Utc>, text: impl FnOnce(&Wall) -> String) -> Moment {
    let wall = zone.wall(at);
    Moment {
        text: text(&wall),
        exact: wall.exact(),
        machine: at.to_rfc3339_opts(SecondsFormat::AutoSi, true),
    }
}

const fn tone(status: KeyStatus) -> Tone {
    match status {
        KeyStatus::Active => Tone::Green,
        KeyStatus::Inactive => Tone::Red,
        KeyStatus::Expired => Tone::Grey,
    }
}
