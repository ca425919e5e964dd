//! What stands below the title: the search and the table, or what stands in its place.

use ori_shared::error_code::ErrorCode;

use super::query::Query;
use super::store::{Keys, Load};
use super::table::table;
use super::{Dialogs, Shown};
use crate::api::ApiError;
use crate::reactive::*;
use crate::state::session::use_session;
use crate::ui::button::button;
use crate::ui::el::{El, el};
use crate::ui::icon::{Icon, glyph};
use crate::ui::notice::{failure, loading, placeholder, way_out};

/// What stands below the title. A change within the table does not draw it anew.
#[derive(Clone, PartialEq, Eq)]
enum Face {
    Loading,
    Failed(ApiError),
    NoKeys,
    NoMatch,
    Table,
}

/// The search and the table, or what stands in its place. `shown` are the keys that the search leaves, in order.
#[must_use]
pub fn body(keys: Keys, query: Query, shown: Shown, dialogs: Dialogs) -> El {
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
            Face::Loading => loading(),
            Face::Failed(error) => failed(&error, keys),
            Face::NoKeys => no_keys(dialogs),
            Face::NoMatch => no_match(query),
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

fn no_keys(dialogs: Dialogs) -> El {
    let words = "Create an API key to allow external systems to trigger outbound calls";
    let create = button("Create API Key").icon(Icon::Plus);
    placeholder(Icon::Key, "No API keys yet", words)
        .child(way_out(create.on_press(move || dialogs.create.set(true))))
}

fn no_match(query: Query) -> El {
    let clear = move || {
        query.type_search(String::new());
        crate::ui::focus::focus_id("search");
    };
    let words = "Clear or change the search term to see your keys again.";
    placeholder(Icon::Search, "No API keys found", words)
        .child(way_out(button("Clear search").on_press(clear)))
}

fn failed(error: &ApiError, keys: Keys) -> El {
    if error.code() == Some(ErrorCode::RoleTooLow) {
        return role_too_low();
    }
    let again = button("Try again").on_press(move || keys.read_again());
    failure("The API keys could not be loaded", error.sentence(), again)
}

fn role_too_low() -> El {
    let session = use_session();
    let role = untrack(|| session.person()).map_or("someone else", |person| person.role.label());
    let words = format!("You are signed in as {role}. Ask an admin if a system needs a key.");
    placeholder(Icon::Key, "Only admins manage API keys", words)
}
