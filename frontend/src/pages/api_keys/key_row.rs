//! A row of the table.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use leptos::ev::MouseEvent;
use leptos::prelude::*;
use ori_shared::api_key::KeyStatus;
use ori_shared::relative_time;
use ori_shared::route::ConsoleRoute;
use uuid::Uuid;
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

use super::actions::toggle;
use super::key_entry::KeyEntry;
use super::store::use_key_list;
use super::{CREATE_BUTTON, KeyDialogs};
use crate::components::badge::{Badge, Tone};
use crate::components::focus::{focused, restore_focus};
use crate::components::icon::{Glyph, Icon};
use crate::components::timestamp::{RelativeTime, Timestamp};
use crate::components::virtual_rows::Slot;
use crate::state::clock::use_clock;
use crate::state::zone::{Wall, Zone, use_zone};

type KeySlot = Slot<Arc<KeyEntry>>;

/// Renders a row.
pub fn key_row(slot: Memo<KeySlot>) -> impl IntoView {
    let (keys, clock, zone) = (use_key_list(), use_clock(), use_zone());
    let id = slot.with_untracked(|slot| slot.item.view.id);
    let name = Memo::new(move |_| slot.with(|slot| slot.item.view.name.clone()));
    let status = Memo::new(move |_| slot.with(|slot| slot.item.view.status_at(clock.tick())));
    let expires = Memo::new(move |_| slot.with(|slot| slot.item.view.expires_at));
    let used = Memo::new(move |_| slot.with(|slot| slot.item.view.last_used_at));
    let is_active = Memo::new(move |_| slot.with(|slot| slot.item.view.is_active));
    let is_saving = move || keys.saving.with(|saving| saving.contains(&id));
    let (prefix, created) = slot.with_untracked(|slot| (slot.item.view.masked(), slot.item.view.created_at));
    view! {
        <tr
            role="row"
            // The header is the first row.
            aria-rowindex=move || slot.with(|slot| (slot.index + 2).to_string())
            class:offscreen=move || slot.with(|slot| slot.offscreen.is_some())
            style=("--top", move || slot.with(|slot| format!("{}px", slot.offscreen.unwrap_or_default())))
        >
            <td role="cell" class="cell-name">
                <span dir="auto" translate="no" title=move || name.get()>
                    {move || name.get()}
                </span>
            </td>
            <td role="cell" data-label="Key">
                <code translate="no">{prefix}</code>
            </td>
            <td role="cell" data-label="Status">
                <span>{move || view! { <Badge tone=tone(status.get()) label=status.get().label() /> }}</span>
            </td>
            <td role="cell" data-label="Expires">
                {move || match expires.get() {
                    Some(at) => view! { <Expiry at zone /> }.into_any(),
                    None => none().into_any(),
                }}
            </td>
            <td role="cell" data-label="Last Used">
                {move || match used.get() {
                    Some(at) => {
                        let words = Signal::derive(move || relative_time::ago(at, clock.tick()));
                        view! { <RelativeTime at words /> }.into_any()
                    }
                    None => none().into_any(),
                }}
            </td>
            <td role="cell" data-label="Created">
                <Timestamp at=created format=Wall::date />
            </td>
            <td role="cell" class="cell-actions">
                <RowActions row=slot id name is_active is_saving=Signal::derive(is_saving) />
            </td>
        </tr>
    }
}

/// Actions of a row. The accessible name of each action ends with the key's name, which distinguishes the rows.
#[component]
fn RowActions(
    row: Memo<KeySlot>,
    id: Uuid,
    name: Memo<String>,
    is_active: Memo<bool>,
    is_saving: Signal<bool>,
) -> impl IntoView {
    let keys = use_key_list();
    let dialogs = expect_context::<KeyDialogs>();
    let label = move |verb: &'static str| move || format!("{verb} {}", name.read());
    let entry = move || row.with_untracked(|row| row.item.clone());
    let on_toggle = move |event: MouseEvent| {
        // A button that is disabled loses the focus.
        let had_focus = focused().is_some();
        let button: Option<HtmlElement> = event.current_target().and_then(|target| target.dyn_into().ok());
        toggle(&entry(), keys, move || {
            if had_focus {
                restore_focus(button, CREATE_BUTTON);
            }
        });
    };
    view! {
        <a
            class="button button-quiet icon-only"
            title="View calls"
            aria-label=label("View calls of")
            href=calls_of(id)
        >
            <Icon glyph=Glyph::Phone />
        </a>
        <button
            type="button"
            class="button button-quiet icon-only"
            title="Webhook"
            aria-label=label("Webhook of")
            on:click=move |_| dialogs.webhook.set(Some(entry()))
        >
            <Icon glyph=Glyph::Hook />
        </button>
        <button
            type="button"
            class="button button-quiet"
            aria-label=label("Toggle")
            aria-pressed=move || is_active.get().to_string()
            disabled=move || is_saving.get()
            on:click=on_toggle
        >
            <Icon glyph=Glyph::Power />
            "Toggle"
        </button>
        <button
            type="button"
            class="button button-quiet"
            aria-label=label("Delete")
            on:click=move |_| dialogs.delete.set(Some(entry()))
        >
            <Icon glyph=Glyph::Bin />
            "Delete"
        </button>
    }
}

/// Expiry of a key. A key that works through the end of a day expires as the next day begins: the last minute is shown,
/// because the key does not work on the next day. The tooltip has the instant.
#[component]
fn Expiry(at: DateTime<Utc>, zone: Zone) -> impl IntoView {
    let words = Signal::derive(move || last_minute(zone, at));
    view! { <RelativeTime at words /> }
}

/// Returns the text of the expiry.
#[must_use]
pub fn last_minute(zone: Zone, at: DateTime<Utc>) -> String {
    let (before, wall) = (zone.wall(at - TimeDelta::milliseconds(1)), zone.wall(at));
    if before.day() < wall.day() {
        before.date_time()
    } else {
        wall.date_time()
    }
}

fn none() -> impl IntoView {
    view! { <span class="none">"--"</span> }
}

/// Returns the path of the calls that were placed with a key.
#[must_use]
pub fn calls_of(id: Uuid) -> String {
    format!("{}?key_id={id}", ConsoleRoute::Calls.path())
}

/// Returns the colour of a status.
#[must_use]
pub const fn tone(status: KeyStatus) -> Tone {
    match status {
        KeyStatus::Active => Tone::Green,
        KeyStatus::Inactive => Tone::Red,
        KeyStatus::Expired => Tone::Grey,
    }
}
