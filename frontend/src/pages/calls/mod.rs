//! The Call Log: what became of each call, as it happens.

pub mod detail;
pub mod facts;
pub mod filters;
pub mod query;
pub mod store;
pub mod table;
pub mod transcript;
pub mod words;

use leptos::prelude::*;

use crate::api::ApiError;
use crate::layout::page_head::PageHead;
use crate::ui::button::Button;
use crate::ui::el::{El, el};
use crate::ui::icon::Icon;
use crate::ui::notice::{Loading, Placeholder};
use crate::ui::pulse::pulse;
use crate::ui::switch::switch;
use detail::CallDialog;
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
#[component]
pub fn CallsPage() -> impl IntoView {
    let query = Query::new();
    let calls = Calls::new(query);
    pulse(move || calls.refresh());
    let numbers = RwSignal::new(false);
    let head = view! {
        <PageHead label="Call Log" aside=Signal::derive(move || count(calls))>
            {switch("Show numbers", numbers)}
        </PageHead>
    };
    el("div")
        .view(head)
        .child(
            el("p").class("page-text").text(
                "Every call that was asked for with an API key, newest first. The list follows by itself.",
            ),
        )
        .child(filters::filters(query))
        .child(body(calls, query, numbers))
        .live(move || {
            let id = query.open.get()?;
            Some(el("div").view(view! { <CallDialog id query numbers /> }))
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
            Face::Loading => el("div").view(view! { <Loading /> }),
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
    let press = Callback::new(move |()| calls.read_more());
    el("div").class("load-more").view(view! {
        <Button label="Load more" busy_label="Loading…" busy=calls.reading_more on_press=press />
    })
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
    let press = Callback::new(move |()| calls.read_again());
    el("div").view(view! {
        <Placeholder title="The calls could not be loaded" text=error.sentence() icon=Icon::Warning urgent=true>
            <Button label="Try again" on_press=press />
        </Placeholder>
    })
}

fn no_calls() -> El {
    el("div").view(view! {
        <Placeholder
            title="No calls yet"
            text="A call appears here as soon as a system asks for it with an API key."
            icon=Icon::Phone
        />
    })
}

fn no_match(query: Query) -> El {
    let clear = Callback::new(move |()| {
        query.clear();
        crate::ui::focus::focus_id(SEARCH);
    });
    el("div").view(view! {
        <Placeholder
            title="No calls found"
            text="The search looks for the beginning of a number, a reference or a bot, or for a whole call ID."
            icon=Icon::Search
        >
            <Button label="Clear filters" on_press=clear />
        </Placeholder>
    })
}
