//! The table.

use std::sync::Arc;

use ori_shared::key_sort::KeyColumn;
use wasm_bindgen::JsCast;
use web_sys::{Element, Event, HtmlElement};

use super::actions::toggle;
use super::arrange::label;
use super::entry::Told;
use super::query::Query;
use super::row::{DELETE, TOGGLE, WEBHOOK, blank, calls_of};
use super::rows::rows;
use super::store::Keys;
use super::{Dialogs, Shown};
use crate::layout::nav_link::follow;
use crate::reactive::*;
use crate::state::location::use_location;
use crate::state::session::use_session;
use crate::state::toasts::use_toasts;
use crate::ui::el::{El, el};
use crate::ui::focus;
use crate::ui::sort_header::sort_header;

/// The keys, one a row, of which those that can be seen are in the document.
///
/// The roles are spelled out because narrow screens lay rows out as cards, and browsers drop a table's meaning with its
/// layout. How many rows there are, and which of them these are, is told to those who do not see it.
#[must_use]
pub fn table(keys: Keys, query: Query, shown: Shown, dialogs: Dialogs) -> El {
    let headers = KeyColumn::ALL.map(|column| {
        let order = move || query.order_of(column);
        sort_header(label(column), order, move || query.press(column))
    });
    let actions = el("th")
        .attr("scope", "col")
        .attr("role", "columnheader")
        .class("actions-head")
        .text("Actions");
    let head = el("tr")
        .attr("role", "row")
        .attr("aria-rowindex", "1")
        .children(headers)
        .child(actions);
    let count = move || match keys.by_server.get() {
        true => keys.found.get(),
        false => shown.with(|shown| shown.len() as u64),
    };
    let body = el("tbody").attr("role", "rowgroup").class("rows");
    el("table")
        .class("table keys")
        .attr("role", "table")
        .attr("aria-label", "API keys")
        .live_attr("aria-rowcount", move || Some((count() + 1).to_string()))
        .live_attr("aria-busy", move || keys.asking.get().then(|| "true".to_owned()))
        .child(el("thead").attr("role", "rowgroup").child(head))
        .child(rows(body, blank(), keys, shown, act(keys, dialogs)))
}

/// What the buttons of a row do.
fn act(keys: Keys, dialogs: Dialogs) -> impl Fn(&Arc<Told>, &Event) {
    let (session, toasts, location) = (use_session(), use_toasts(), use_location());
    move |key, event| {
        let target = event
            .target()
            .and_then(|target| target.dyn_into::<Element>().ok());
        let Some(action) = target.and_then(|target| target.closest("[data-verb]").ok().flatten()) else {
            return;
        };
        match action.get_attribute("data-verb").as_deref() {
            Some(TOGGLE) => {
                // A button that is disabled loses the focus; whoever pressed it by keyboard gets it back.
                let (had_focus, element) = (focus::focused(), action.dyn_into::<HtmlElement>().ok());
                let id = key.view.id;
                toggle(key, keys, session, toasts, move || {
                    // A row whose key is gone tells of another one by now.
                    let is_there = keys
                        .told
                        .with_untracked(|told| told.iter().any(|key| key.view.id == id));
                    let element = element.filter(|element| is_there && element.is_connected());
                    if had_focus.is_some() && (element.is_some() || !is_there) {
                        focus::give_back(element, super::CREATE_BUTTON);
                    }
                });
            }
            Some(DELETE) => dialogs.delete.set(Some(key.clone())),
            Some(WEBHOOK) => dialogs.webhook.set(Some(key.clone())),
            _ => follow(event, location, &calls_of(key.view.id)),
        }
    }
}
