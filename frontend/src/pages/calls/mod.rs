//! The Call Log: calls that were placed with API keys.

pub mod call_dialog;
pub mod call_filter;
pub mod field_list;
pub mod filters;
pub mod labels;
pub mod store;
pub mod table;
pub mod transcript;

use leptos::prelude::*;

use crate::api::ApiError;
use crate::components::button::Button;
use crate::components::empty_state::{EmptyState, Failure, Loading};
use crate::components::focus::focus_id;
use crate::components::icon::Glyph;
use crate::components::switch::Switch;
use crate::hooks::Remote;
use crate::hooks::polling::use_polling;
use crate::layout::page_head::PageHead;
use call_dialog::CallDialog;
use call_filter::CallFilter;
use filters::Filters;
use store::CallList;
use table::CallTable;

/// Id of the search box, which gets the focus if the focused row is gone.
pub const SEARCH: &str = "call-search";

/// The Call Log.
#[component]
pub fn CallsPage() -> impl IntoView {
    let filter = CallFilter::from_address();
    let calls = CallList::new(filter);
    use_polling(move || calls.refresh());
    let shows_numbers = RwSignal::new(false);
    let count = Signal::derive(move || calls.count());
    view! {
        <PageHead title="Call Log" count>
            <Switch label="Show numbers" on=shows_numbers />
        </PageHead>
        <p class="page-text">
            "All calls placed with API keys, newest first. Updates automatically."
        </p>
        <Filters filter />
        <CallPanel calls filter shows_numbers />
        {move || filter.open.get().map(|id| view! { <CallDialog id filter shows_numbers /> })}
    }
}

/// Content below the filters.
#[derive(Clone, PartialEq, Eq)]
enum Content {
    Loading,
    Failed(ApiError),
    NoCalls,
    NoMatch,
    Table,
}

#[component]
fn CallPanel(calls: CallList, filter: CallFilter, shows_numbers: RwSignal<bool>) -> impl IntoView {
    let content = Memo::new(move |_| {
        calls.state.with(|state| match state {
            Remote::Loading => Content::Loading,
            Remote::Failed(error) => Content::Failed(error.clone()),
            Remote::Ready { value, .. } if !value.ids.is_empty() => Content::Table,
            Remote::Ready { .. } if filter.criteria.with(call_filter::Criteria::is_any) => Content::NoMatch,
            Remote::Ready { .. } => Content::NoCalls,
        })
    });
    let stale = move || {
        calls.state.with(|state| {
            let error = state.stale()?;
            Some(format!("This list may be out of date. {}", error.sentence()))
        })
    };
    view! {
        // The element is in the document before its text, so that screen readers announce it.
        <p class="stale" role="status">{stale}</p>
        <div class="panel">
            {move || match content.get() {
                Content::Loading => view! { <Loading /> }.into_any(),
                Content::Failed(error) => {
                    view! {
                        <Failure
                            title="Couldn’t load the calls"
                            text=error.sentence()
                            on_retry=move |()| calls.reload()
                        />
                    }
                        .into_any()
                }
                Content::NoCalls => view! { <NoCalls /> }.into_any(),
                Content::NoMatch => view! { <NoMatch filter /> }.into_any(),
                Content::Table => view! { <CallTable calls filter shows_numbers /> }.into_any(),
            }}
        </div>
        <Show when=move || calls.has_more()>
            <div class="load-more">
                <Button
                    label="Load more"
                    pending=calls.is_reading_on
                    pending_label="Loading…"
                    on_press=move |()| calls.read_on()
                />
            </div>
        </Show>
    }
}

#[component]
fn NoCalls() -> impl IntoView {
    view! {
        <EmptyState
            glyph=Glyph::Phone
            title="No calls yet"
            text="Calls placed with an API key will appear here."
        />
    }
}

#[component]
fn NoMatch(filter: CallFilter) -> impl IntoView {
    let clear = move |()| {
        filter.clear();
        focus_id(SEARCH);
    };
    view! {
        <EmptyState
            glyph=Glyph::Search
            title="No calls found"
            text="Search by the start of a number, reference or bot, or by full call ID."
        >
            <Button label="Clear filters" on_press=clear />
        </EmptyState>
    }
}
