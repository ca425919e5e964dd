//! The Call Log: what became of each call, as it happens.

pub mod detail;
pub mod facts;
pub mod filters;
pub mod query;
pub mod store;
pub mod table;
pub mod transcript;
pub mod words;

use crate::api::ApiError;
use crate::layout::page_head::{page_actions, page_count, page_head};
use crate::reactive::*;
use crate::ui::button::button;
use crate::ui::el::{El, el};
use crate::ui::icon::Icon;
use crate::ui::notice::{failure, loading, placeholder, way_out};
use crate::ui::pulse::pulse;
use crate::ui::switch::switch;
use detail::call_dialog;
use query::Query;
use store::{Calls, Load};

/// The id that focus returns to where the row that had it is gone.
const SEARCH: &str = "call-search";

/// What stands below the filters. A change within the table does not draw it anew.
#[derive(Clone, PartialEq, Eq)]
enum Face {
    Loading,
    Failed(ApiError),
    NoCalls,
    NoMatch,
    Table,
}

/// The Call Log.
#[must_use]
pub fn calls_page() -> El {
    let query = Query::new();
    let calls = Calls::new(query);
    pulse(move || calls.refresh());
    let numbers = RwSignal::new(false);
    let head = page_head("Call Log").child(page_count(move || count(calls)));
    el("div")
        .child(head.child(page_actions().child(switch("Show numbers", numbers))))
        .child(
            el("p").class("page-text").text(
                "Every call that was asked for with an API key, newest first. The list follows by itself.",
            ),
        )
        .child(filters::filters(query))
        .child(body(calls, query, numbers))
        .live(move || {
            let id = query.open.get()?;
            Some(untrack(|| call_dialog(id, query, numbers)))
        })
}

/// "12 calls", "50+ calls" where there are more than were read.
fn count(calls: Calls) -> String {
    let read = calls.ids.with(Vec::len);
    if read == 0 || calls.load.with(|load| *load != Load::Ready) {
        return String::new();
    }
    let more = if calls.more.with(Option::is_some) { "+" } else { "" };
    format!("{read}{more} call{}", if read == 1 { "" } else { "s" })
}

fn body(calls: Calls, query: Query, numbers: RwSignal<bool>) -> El {
    let face = Memo::new(move |_| match calls.load.get() {
        Load::Reading => Face::Loading,
        Load::Failed(error) => Face::Failed(error),
        Load::Ready if !calls.ids.with(Vec::is_empty) => Face::Table,
        Load::Ready if query.wanted.with(query::Wanted::filters) => Face::NoMatch,
        Load::Ready => Face::NoCalls,
    });
    let panel = el("div").class("panel").live(move || {
        Some(match face.get() {
            Face::Loading => loading(),
            Face::Failed(error) => failed(&error, calls),
            Face::NoCalls => no_calls(),
            Face::NoMatch => no_match(query),
            Face::Table => table::table(calls, query, numbers),
        })
    });
    el("div")
        .child(stale(calls))
        .child(panel)
        .live(move || calls.more.with(Option::is_some).then(|| load_more(calls)))
}

fn load_more(calls: Calls) -> El {
    let more = button("Load more")
        .busy(calls.reading_more, "Loading…")
        .on_press(move || calls.read_more());
    el("div").class("load-more").child(more)
}

/// Its place is in the document before its words are, so that they are announced.
fn stale(calls: Calls) -> El {
    el("p").class("stale").attr("role", "status").live_text(move || {
        let why = calls.stale.get();
        why.map(|why| format!("These calls may be out of date. {why}"))
            .unwrap_or_default()
    })
}

fn failed(error: &ApiError, calls: Calls) -> El {
    let again = button("Try again").on_press(move || calls.read_again());
    failure("The calls could not be loaded", error.sentence(), again)
}

fn no_calls() -> El {
    let words = "A call appears here as soon as a system asks for it with an API key.";
    placeholder(Icon::Phone, "No calls yet", words)
}

fn no_match(query: Query) -> El {
    let clear = move || {
        query.clear();
        crate::ui::focus::focus_id(SEARCH);
    };
    let words =
        "The search looks for the beginning of a number, a reference or a bot, or for a whole call ID.";
    placeholder(Icon::Search, "No calls found", words).child(way_out(button("Clear filters").on_press(clear)))
}
