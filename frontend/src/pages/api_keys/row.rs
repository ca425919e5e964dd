//! A row of the table.

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use ori_shared::api_key::KeyStatus;
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

use super::Dialogs;
use super::actions::toggle;
use super::entry::Entry;
use super::store::Keys;
use crate::layout::nav_link::follow;
use crate::reactive::*;
use crate::state::location::use_location;
use crate::state::route::Route;
use crate::state::session::use_session;
use crate::state::toasts::use_toasts;
use crate::state::zone::{Wall, Zone, use_zone};
use crate::ui::badge::{Tone, badge};
use crate::ui::el::{El, el};
use crate::ui::focus;
use crate::ui::icon::{Icon, glyph};
use crate::ui::when::{Moment, when};

/// One key. Each cell follows only what it shows.
#[must_use]
pub fn row(entry: Entry, keys: Keys, dialogs: Dialogs) -> El {
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
    let shown_name = el("span")
        .live_attr("title", move || Some(name.get()))
        .live_text(move || name.get());
    let status = el("span").live(move || {
        let status = status.get();
        Some(badge(tone(status), status.label()))
    });
    el("tr")
        .attr("role", "row")
        .child(cell("").class("cell-name").child(shown_name))
        .child(cell("Key").child(el("code").text(&masked)))
        .child(cell("Status").child(status))
        .child(cell("Expires").child(when(expires)))
        .child(cell("Last Used").child(when(last_used)))
        .child(cell("Created").child(when(created)))
        .child(actions(entry, name, keys, dialogs))
}

fn cell(label: &str) -> El {
    let cell = el("td").attr("role", "cell");
    if label.is_empty() {
        cell
    } else {
        cell.attr("data-label", label)
    }
}

fn actions(entry: Entry, name: Memo<String>, keys: Keys, dialogs: Dialogs) -> El {
    let (session, toasts, location) = (use_session(), use_toasts(), use_location());
    let (id, saving, told) = (entry.id, entry.saving.clone(), entry.told.clone());
    let (deleted, hooked) = (entry.clone(), entry.clone());
    let named = move |verb: &'static str| move || Some(format!("{verb} {}", name.get()));
    let quiet = || el("button").attr("type", "button").class("button button-quiet");
    let is_active = Memo::new(move |_| told.with(|told| told.view.is_active));
    let switch = quiet();
    let element = switch.element().clone().dyn_into::<HtmlElement>().ok();
    let switch = switch
        .live_attr("aria-label", named("Toggle"))
        .live_attr("aria-pressed", move || Some(is_active.get().to_string()))
        .live_attr("disabled", move || saving.get().then(String::new))
        .on("click", move |_| {
            // A button that is disabled loses the focus; whoever pressed it by keyboard gets it back.
            let (had_focus, element) = (focus::focused(), element.clone());
            toggle(entry.clone(), keys, session, toasts, move || {
                if had_focus.is_some() && element.as_ref().is_some_and(|element| element.is_connected()) {
                    focus::give_back(element, super::CREATE_BUTTON);
                }
            });
        })
        .child(glyph(Icon::Power))
        .text("Toggle");
    let delete = quiet()
        .live_attr("aria-label", named("Delete"))
        .on("click", move |_| dialogs.delete.set(Some(deleted.clone())))
        .child(glyph(Icon::Bin))
        .text("Delete");
    let webhook = quiet()
        .class("button button-quiet icon-only")
        .attr("title", "Webhook")
        .live_attr("aria-label", named("Webhook of"))
        .on("click", move |_| dialogs.webhook.set(Some(hooked.clone())))
        .child(glyph(Icon::Hook));
    // A key's row leads to the calls that were made with it.
    let to = format!("{}?key_id={id}", Route::Calls.path());
    let calls = el("a")
        .class("button button-quiet icon-only")
        .attr("href", &to)
        .attr("title", "View calls")
        .live_attr("aria-label", named("View calls of"))
        .on("click", move |event| follow(&event, location, &to))
        .child(glyph(Icon::Phone));
    cell("")
        .class("cell-actions")
        .child(calls)
        .child(webhook)
        .child(switch)
        .child(delete)
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
