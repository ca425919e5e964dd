//! What stands below the title: the search and the table, or what stands in its place.

use leptos::prelude::*;
use ori_shared::error_code::ErrorCode;

use super::query::Query;
use super::store::{Keys, Load};
use super::table::table;
use super::{Dialogs, Shown};
use crate::api::ApiError;
use crate::state::session::use_session;
use crate::ui::button::{Button, Look};
use crate::ui::el::{El, el};
use crate::ui::icon::{Icon, glyph};
use crate::ui::notice::{Loading, Placeholder};

/// What stands below the title. A change within the table does not draw it anew.
#[derive(Clone, PartialEq, Eq)]
enum Face {
    Loading,
    Failed(ApiError),
    NoKeys,
    NoMatch,
    Table,
}

/// The search and the table, or what stands in its place.
#[component]
pub fn Body(
    /// All keys.
    keys: Keys,
    /// What is searched for and how the list is sorted.
    query: Query,
    /// The keys that the search leaves, in order.
    shown: Shown,
    /// Which dialog is open.
    dialogs: Dialogs,
) -> impl IntoView {
    let face = Memo::new(move |_| match keys.load.get() {
        Load::Reading => Face::Loading,
        Load::Failed(error) => Face::Failed(error),
        Load::Ready if keys.total.get() == 0 => Face::NoKeys,
        Load::Ready if !shown.with(Vec::is_empty) => Face::Table,
        // It may be among those that have not come yet.
        Load::Ready if !keys.whole.get() => Face::Loading,
        Load::Ready => Face::NoMatch,
    });
    // A search that failed can be changed.
    let searchable = move || match face.get() {
        Face::NoKeys => false,
        Face::Failed(_) => keys.by_server.get(),
        _ => true,
    };
    let panel = el("div").class("panel").live(move || {
        Some(match face.get() {
            Face::Loading => el("div").view(view! { <Loading /> }),
            Face::Failed(error) => el("div").view(view! { <Failed error keys /> }),
            Face::NoKeys => el("div").view(view! { <NoKeys dialogs /> }),
            Face::NoMatch => el("div").view(view! { <NoMatch query /> }),
            Face::Table => table(keys, query, shown, dialogs),
        })
    });
    el("div").shown(searchable, move || search(query)).child(panel)
}

fn search(query: Query) -> El {
    let input = el("input")
        .attr("type", "search")
        .attr("id", "search")
        .attr("aria-label", "Search")
        .attr("placeholder", "Search by name or key")
        .attr("autocomplete", "off")
        .attr("spellcheck", "false")
        .live_prop("value", move || {
            query.search.with(|search| search.as_str().into())
        })
        .on("input", move |event| {
            query.type_search(event_target_value(&event));
        });
    el("div")
        .class("search")
        .attr("role", "search")
        .child(glyph(Icon::Search))
        .child(input)
}

#[component]
fn NoKeys(dialogs: Dialogs) -> impl IntoView {
    view! {
        <Placeholder
            title="No API keys yet"
            text="Create an API key to allow external systems to trigger outbound calls"
            icon=Icon::Key
        >
            <Button
                label="Create API Key"
                icon=Icon::Plus
                on_press=Callback::new(move |()| dialogs.create.set(true))
            />
        </Placeholder>
    }
}

#[component]
fn NoMatch(query: Query) -> impl IntoView {
    let clear = Callback::new(move |()| {
        query.type_search(String::new());
        crate::ui::focus::focus_id("search");
    });
    view! {
        <Placeholder
            title="No API keys found"
            text="Clear or change the search term to see your keys again."
            icon=Icon::Search
        >
            <Button label="Clear search" on_press=clear />
        </Placeholder>
    }
}

#[component]
fn Failed(error: ApiError, keys: Keys) -> impl IntoView {
    if error.code() == Some(ErrorCode::RoleTooLow) {
        return view! { <RoleTooLow /> }.into_any();
    }
    view! {
        <Placeholder
            title="The API keys could not be loaded"
            text=error.sentence()
            icon=Icon::Warning
            urgent=true
        >
            <Button label="Try again" look=Look::Plain on_press=Callback::new(move |()| keys.read_again()) />
        </Placeholder>
    }
    .into_any()
}

#[component]
fn RoleTooLow() -> impl IntoView {
    let session = use_session();
    let role = untrack(|| session.person()).map_or("someone else", |person| person.role.label());
    view! {
        <Placeholder
            title="Only admins manage API keys"
            text=format!("You are signed in as {role}. Ask an admin if a system needs a key.")
            icon=Icon::Key
        />
    }
}
