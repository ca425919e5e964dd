//! The table.

use ori_shared::call::CallView;
use ori_shared::phone;
use uuid::Uuid;
use wasm_bindgen::JsCast;
use web_sys::{Element, Event, MouseEvent};

use super::query::Query;
use super::store::Calls;
use super::words::{badge_of, duration, reason, short_reason};
use crate::layout::nav_link::is_plain;
use crate::pages::parts::time::time;
use crate::reactive::*;
use crate::state::zone::{Wall, Zone, use_zone};
use crate::ui::badge::badge;
use crate::ui::el::{El, el};

const COLUMNS: [&str; 7] = ["Time", "Key", "Number", "Bot", "Status", "Reason", "Duration"];

type View = ArcRwSignal<CallView>;

/// The calls, one a row. The roles are spelled out because narrow screens lay rows out as cards.
#[must_use]
pub fn table(calls: Calls, query: Query, numbers: RwSignal<bool>) -> El {
    let zone = use_zone();
    let heads = COLUMNS.map(|column| {
        el("th")
            .attr("scope", "col")
            .attr("role", "columnheader")
            .text(column)
    });
    let head = el("tr").attr("role", "row").children(heads);
    let rows = el("tbody").attr("role", "rowgroup").each(
        move || calls.ids.get(),
        move |id| match calls.view(id) {
            Some(view) => row(id, &view, query, numbers, zone),
            None => el("tr"),
        },
    );
    el("table")
        .class("table calls")
        .attr("role", "table")
        .attr("aria-label", "Calls")
        .child(el("thead").attr("role", "rowgroup").child(head))
        .child(rows)
}

/// A call's number, as it may be shown just now.
#[must_use]
pub fn number(number: &str, shown: bool) -> String {
    if shown {
        number.to_owned()
    } else {
        phone::masked(number)
    }
}

fn row(id: Uuid, view: &View, query: Query, numbers: RwSignal<bool>, zone: Zone) -> El {
    let (key, bot, called, created) = view.with_untracked(|view| {
        (
            view.key_name.clone(),
            view.bot_id.clone(),
            view.to_number.clone(),
            view.created_at,
        )
    });
    let link = el("a")
        .live_attr("href", move || Some(query.address(Some(id))))
        .child(time(zone, created, Wall::date_time));
    el("tr")
        .attr("role", "row")
        .class("opens")
        .on("click", move |event| open(&event, query, id))
        .child(cell("").class("cell-time").child(link))
        .child(cell("Key").child(clipped(&key)))
        .child(cell("Number").child(el("code").live_text(move || number(&called, numbers.get()))))
        .child(cell("Bot").child(clipped(&bot)))
        .child(cell("Status").child(status(view.clone())))
        .child(cell("Reason").child(why(view.clone())))
        .child(cell("Duration").child(length(view.clone())))
}

fn cell(label: &str) -> El {
    let cell = el("td").attr("role", "cell");
    if label.is_empty() {
        cell
    } else {
        cell.attr("data-label", label)
    }
}

fn clipped(text: &str) -> El {
    el("span").class("clipped").attr("title", text).text(text)
}

fn status(view: View) -> El {
    let status = Memo::new(move |_| view.with(|view| view.status));
    el("span").live(move || {
        let (tone, word) = badge_of(status.get());
        Some(badge(tone, word))
    })
}

fn why(view: View) -> El {
    let told = Memo::new(move |_| view.with(|view| (reason(view), short_reason(view))));
    el("span")
        .live_attr("title", move || told.get().0)
        .live_text(move || told.get().1.unwrap_or_else(|| "--".to_owned()))
}

fn length(view: View) -> El {
    el("span").live_text(move || {
        view.with(|view| view.duration_seconds)
            .map_or_else(|| "--".to_owned(), duration)
    })
}

/// A click anywhere on the row opens the call, as its link does; a click that wants a new tab is the browser's, and one
/// that ends a selection of text is none.
fn open(event: &Event, query: Query, id: Uuid) {
    let Some(mouse) = event.dyn_ref::<MouseEvent>() else {
        return;
    };
    let selects = window()
        .get_selection()
        .ok()
        .flatten()
        .is_some_and(|selection| !selection.is_collapsed());
    let target = event
        .target()
        .and_then(|target| target.dyn_into::<Element>().ok());
    let on_link = target.is_some_and(|target| target.closest("a").is_ok_and(|link| link.is_some()));
    if !is_plain(mouse) || selects && !on_link {
        return;
    }
    event.prevent_default();
    query.show(id);
}
