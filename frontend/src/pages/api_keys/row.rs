//! A row of the table.

use std::sync::Arc;

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use ori_shared::api_key::KeyStatus;
use uuid::Uuid;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};

use super::entry::{Passing, Told};
use crate::state::route::Route;
use crate::state::zone::{Wall, Zone};
use crate::ui::badge::{Tone, badge};
use crate::ui::el::{El, el};
use crate::ui::icon::{Icon, glyph};
use crate::ui::when::{Moment, tell_when};

/// A drawn row.
pub struct Row {
    element: HtmlElement,
    parts: Parts,
    face: Face,
}

/// What a row tells.
#[derive(Clone, PartialEq)]
pub struct Face {
    /// The key.
    pub told: Arc<Told>,
    /// What of it changes with time.
    pub passing: Passing,
    /// Where it stands in the list.
    pub place: usize,
    /// How far from the list's start, in pixels, for a row that is out of sight.
    pub away: Option<f64>,
    /// Whether a change of it is being saved.
    pub is_saving: bool,
}

/// What in a row differs from key to key.
struct Parts {
    name: Element,
    prefix: Element,
    status: Element,
    expires: Element,
    last_used: Element,
    created: Element,
    /// Each does one of the [`VERBS`].
    actions: [Element; 4],
}

/// A row that tells of no key yet. Every row is a copy of it.
#[must_use]
pub fn blank() -> El {
    let moment = |label| cell(label).child(el("span").class("when"));
    el("tr")
        .attr("role", "row")
        .child(cell("").class("cell-name").child(el("span")))
        .child(cell("Key").child(el("code")))
        .child(cell("Status").child(el("span")))
        .child(moment("Expires"))
        .child(moment("Last Used"))
        .child(moment("Created"))
        .child(
            cell("")
                .class("cell-actions")
                .child(action("a", CALLS, Icon::Phone).attr("title", "View calls"))
                .child(action("button", WEBHOOK, Icon::Hook).attr("title", "Webhook"))
                .child(action("button", TOGGLE, Icon::Power).text("Toggle"))
                .child(action("button", DELETE, Icon::Bin).text("Delete")),
        )
}

/// What the buttons of a row do, in order.
const VERBS: [&str; 4] = [CALLS, WEBHOOK, TOGGLE, DELETE];
/// Shows the calls that were made with the key.
pub const CALLS: &str = "View calls of";
/// Opens the key's webhook.
pub const WEBHOOK: &str = "Webhook of";
/// Switches the key on or off.
pub const TOGGLE: &str = "Toggle";
/// Asks whether to delete the key.
pub const DELETE: &str = "Delete";

fn cell(label: &str) -> El {
    let cell = el("td").attr("role", "cell");
    if label.is_empty() {
        cell
    } else {
        cell.attr("data-label", label)
    }
}

/// Its accessible name is the verb with the key's name, so that it can be told from those of other rows.
fn action(element: &str, verb: &str, icon: Icon) -> El {
    let action = el(element).attr("data-verb", verb).child(glyph(icon));
    let class = match icon {
        Icon::Phone | Icon::Hook => "button button-quiet icon-only",
        _ => "button button-quiet",
    };
    match element {
        "button" => action.attr("type", "button").class(class),
        _ => action.class(class),
    }
}

impl Row {
    /// That row tells of a key.
    #[must_use]
    pub fn new(blank: &El, face: Face, zone: Zone) -> Self {
        let row = blank.copy();
        let part = |label| row.part(&format!("[data-label='{label}'] span"));
        let action = |verb| row.part(&format!("[data-verb='{verb}']"));
        let this = Self {
            element: row.element().clone().unchecked_into(),
            parts: Parts {
                name: row.part(".cell-name span"),
                prefix: row.part("code"),
                status: part("Status"),
                expires: part("Expires"),
                last_used: part("Last Used"),
                created: part("Created"),
                actions: VERBS.map(action),
            },
            face,
        };
        this.show(None, zone);
        this
    }

    /// The row in the document.
    #[must_use]
    pub fn element(&self) -> &Element {
        &self.element
    }

    /// What it tells.
    #[must_use]
    pub fn face(&self) -> &Face {
        &self.face
    }

    /// The id of its key.
    #[must_use]
    pub fn id(&self) -> Uuid {
        self.face.told.view.id
    }

    /// Tells something else, perhaps of another key. Only what differs is touched, or all of it where `anew`: what is
    /// not touched is not laid out again.
    pub fn tell(&mut self, face: Face, zone: Zone, anew: bool) {
        let before = std::mem::replace(&mut self.face, face);
        if anew || before != self.face {
            self.show((!anew).then_some(&before), zone);
        }
    }

    /// Shows what differs from what it shows, if it shows anything.
    fn show(&self, before: Option<&Face>, zone: Zone) {
        let (parts, face, view) = (&self.parts, &self.face, &self.face.told.view);
        let [calls, _, toggle, _] = &parts.actions;
        if differs(before, face, |face| &face.told.view.name) {
            let _ = parts.name.set_attribute("title", &view.name);
            parts.name.set_text_content(Some(&view.name));
            for (action, verb) in parts.actions.iter().zip(VERBS) {
                let _ = action.set_attribute("aria-label", &format!("{verb} {}", view.name));
            }
        }
        if differs(before, face, |face| &face.told.view.key_prefix) {
            parts.prefix.set_text_content(Some(&view.masked()));
        }
        if differs(before, face, |face| &face.told.view.id) {
            let _ = calls.set_attribute("href", &calls_of(view.id));
        }
        if differs(before, face, |face| &face.passing.status) {
            let status = face.passing.status;
            let badge = badge(tone(status), status.label());
            parts.status.replace_children_with_node_1(badge.element());
        }
        if differs(before, face, |face| &face.told.view.expires_at) {
            tell_when(&parts.expires, view.expires_at.map(|at| expiry(zone, at)));
        }
        if differs(before, face, |face| &face.told.view.last_used_at)
            || differs(before, face, |face| &face.passing.last_used)
        {
            let used = view.last_used_at.zip(face.passing.last_used.as_ref());
            let used = used.map(|(at, text)| moment(zone, at, |_| text.clone()));
            tell_when(&parts.last_used, used);
        }
        if differs(before, face, |face| &face.told.view.created_at) {
            tell_when(&parts.created, Some(moment(zone, view.created_at, Wall::date)));
        }
        if differs(before, face, |face| &face.told.view.is_active) {
            let _ = toggle.set_attribute("aria-pressed", &view.is_active.to_string());
        }
        let _ = toggle.toggle_attribute_with_force("disabled", face.is_saving);
        self.place();
    }

    fn place(&self) {
        let (row, face) = (&self.element, &self.face);
        // The header is the first row.
        let _ = row.set_attribute("aria-rowindex", &(face.place + 2).to_string());
        let _ = row.class_list().toggle_with_force("away", face.away.is_some());
        if let Some(top) = face.away {
            set_pixels(row, "--top", top);
        }
    }
}

/// Whether that part of it is not what it was, or it was nothing.
fn differs<P: PartialEq>(
    before: Option<&Face>,
    now: &Face,
    part: impl for<'a> Fn(&'a Face) -> &'a P,
) -> bool {
    before.is_none_or(|before| part(before) != part(now))
}

/// Where the calls are that were made with that key.
#[must_use]
pub fn calls_of(id: Uuid) -> String {
    format!("{}?key_id={id}", Route::Calls.path())
}

/// Has a property of style be so many pixels, to the next whole one.
pub fn set_pixels(element: &HtmlElement, property: &str, pixels: f64) {
    #[expect(clippy::cast_possible_truncation, reason = "rounded, and far below 2^53")]
    let pixels = pixels.round() as i64;
    let _ = element.style().set_property(property, &format!("{pixels}px"));
}

/// A key that works through the end of a day ends as the next day begins. Telling that day would tell of one on which
/// the key no longer works, and not the one that was picked; so the last minute is told. The tooltip has the instant.
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
