//! What the list is narrowed by.

use chrono::NaiveDate;
use ori_shared::call::CallStatus;
use ori_shared::page::MAX_LIMIT;
use uuid::Uuid;
use wasm_bindgen::JsValue;

use super::SEARCH;
use super::query::{Query, Wanted};
use super::words::badge_of;
use crate::api::{self, keys::Question};
use crate::reactive::*;
use crate::state::task::start_here;
use crate::time;
use crate::ui::el::{El, el};
use crate::ui::icon::{Icon, glyph};

/// Search, status, key, and the days between which a call was asked for.
#[must_use]
pub fn filters(query: Query) -> El {
    el("div")
        .class("filters")
        .attr("role", "search")
        .child(search(query))
        .child(statuses(query))
        .child(keys(query))
        .child(day(
            query,
            "From",
            |wanted| wanted.from,
            |wanted, day| wanted.from = day,
        ))
        .child(day(
            query,
            "Until",
            |wanted| wanted.until,
            |wanted, day| wanted.until = day,
        ))
}

fn search(query: Query) -> El {
    let input = el("input")
        .attr("type", "search")
        .attr("id", SEARCH)
        .attr("aria-label", "Search")
        .attr("placeholder", "Number, reference, bot or call ID")
        .attr("autocomplete", "off")
        .attr("spellcheck", "false")
        .attr("maxlength", "200")
        .live_prop("value", move || query.typed.get().into())
        .on("input", move |event| {
            query.type_search(event_target_value(&event));
        });
    el("div").class("search").child(glyph(Icon::Search)).child(input)
}

fn statuses(query: Query) -> El {
    let choices = CallStatus::ALL.map(|status| (status.as_str().to_owned(), badge_of(status).1.to_owned()));
    let chosen = move || {
        query
            .wanted
            .with(|wanted| wanted.status.map(CallStatus::as_str).unwrap_or_default().into())
    };
    select("Status", "All statuses", choices.into_iter(), chosen).on("change", move |event| {
        let status = CallStatus::parse(&event_target_value(&event));
        query.want(move |wanted| wanted.status = status);
    })
}

/// More choices than this nobody looks through; of a key that is not among them, its row leads to the calls.
const MOST_KEYS: usize = 5_000;

/// Every key there is, of very many the newest; and the chosen one also where it has been deleted.
fn keys(query: Query) -> El {
    let known: RwSignal<Vec<(String, String)>> = RwSignal::default();
    start_here(async move {
        let mut cursor: Option<String> = None;
        // Without the names one can still follow a link from a key's row.
        while let Ok(page) = api::keys::list(&Question::default(), cursor.as_deref(), MAX_LIMIT).await {
            let read = page.items.into_iter().map(|key| (key.id.to_string(), key.name));
            known.update(|known| known.extend(read));
            cursor = page.next_cursor;
            if cursor.is_none() || known.with_untracked(Vec::len) >= MOST_KEYS {
                return;
            }
        }
    });
    let chosen = move || query.wanted.with(|wanted| wanted.key.map(|key| key.to_string()));
    let deleted = Memo::new(move |_| {
        let is_known = |id: &String| known.with(|known| known.iter().any(|(known, _)| known == id));
        chosen().filter(|id| !is_known(id))
    });
    // Made anew only where there is another choice, so that whoever chooses by keyboard keeps the focus.
    el("div").class("filter").live(move || {
        let deleted = deleted.get().map(|id| (id, "Another key".to_owned()));
        let choices = known.get().into_iter().chain(deleted);
        let select = select("API key", "All keys", choices, move || {
            chosen().unwrap_or_default().into()
        });
        Some(select.on("change", move |event| {
            let key: Option<Uuid> = event_target_value(&event).parse().ok();
            query.want(move |wanted| wanted.key = key);
        }))
    })
}

fn select(
    label: &str,
    all: &str,
    choices: impl Iterator<Item = (String, String)>,
    chosen: impl Fn() -> JsValue + 'static,
) -> El {
    let choices = choices.map(|(value, text)| el("option").attr("value", &value).text(&text));
    el("select")
        .class("filter-field")
        .attr("aria-label", label)
        .child(el("option").attr("value", "").text(all))
        .children(choices)
        .live_prop("value", chosen)
}

fn day(
    query: Query,
    label: &str,
    read: fn(&Wanted) -> Option<NaiveDate>,
    write: fn(&mut Wanted, Option<NaiveDate>),
) -> El {
    let value = move || {
        let day = query.wanted.with(read);
        day.map(|day| day.to_string()).unwrap_or_default().into()
    };
    let input = el("input")
        .attr("type", "date")
        .class("filter-field")
        .attr("max", "9999-12-31")
        .live_prop("value", value)
        .on("change", move |event| {
            let day = time::day(&event_target_value(&event));
            query.want(move |wanted| write(wanted, day));
        });
    el("label")
        .class("filter-day")
        .child(el("span").text(label))
        .child(input)
}
