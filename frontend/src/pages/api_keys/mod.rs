//! The API Keys page: create keys, and manage them.

pub mod actions;
pub mod arrange;
pub mod body;
pub mod create_dialog;
pub mod created_dialog;
pub mod delete_dialog;
pub mod entry;
pub mod heights;
pub mod query;
pub mod reading;
pub mod row;
pub mod rows;
pub mod store;
pub mod table;
pub mod webhook_dialog;

use std::sync::Arc;

use ori_shared::account::Role;
use ori_shared::api_key::{ApiKeyView, CreatedApiKey};
use ori_shared::key_sort::KeyColumn;
use ori_shared::search;

use crate::layout::page_head::{page_actions, page_count, page_head};
use crate::reactive::*;
use crate::state::location::use_location;
use crate::state::session::use_session;
use crate::ui::button::{Look, button};
use crate::ui::el::{El, el};
use crate::ui::icon::Icon;
use body::body;
use create_dialog::create_dialog;
use created_dialog::created_dialog;
use delete_dialog::delete_dialog;
use entry::Told;
use query::Query;
use store::{Keys, Load};
use webhook_dialog::webhook_dialog;

/// The id of the button that focus returns to where what had it is gone.
const CREATE_BUTTON: &str = "create-api-key";

/// The keys that are listed, in order.
type Shown = Memo<Vec<Arc<Told>>>;

/// Which dialog is open.
#[derive(Clone, Copy)]
pub struct Dialogs {
    /// Create API key.
    pub create: RwSignal<bool>,
    /// Key created. The one place that holds a full key, and only for as long as the dialog is open.
    pub created: RwSignal<Option<CreatedApiKey>>,
    /// Delete API Key.
    pub delete: RwSignal<Option<Arc<Told>>>,
    /// Webhook.
    pub webhook: RwSignal<Option<Arc<Told>>>,
}

/// The API Keys page.
#[must_use]
pub fn api_keys_page(keys: Keys) -> El {
    let query = Query::new();
    keys.open(&untrack(|| query.question()));
    follow(move || keys.ask(&query.question()));
    on_cleanup(move || keys.close());
    let dialogs = Dialogs {
        create: RwSignal::new(false),
        created: RwSignal::new(None),
        delete: RwSignal::new(None),
        webhook: RwSignal::new(None),
    };
    let shown = shown(keys, query);
    refresh_on_return(keys);
    let session = use_session();
    let may_manage = move || session.person().is_none_or(|person| person.role >= Role::Admin);
    let create = move || {
        let create = button("Create API Key").id(CREATE_BUTTON).icon(Icon::Plus);
        let create = create.on_press(move || dialogs.create.set(true));
        create.look(Look::Primary).into()
    };
    let head = page_head("API Keys").child(page_count(move || count(keys, query, shown)));
    el("div")
        .child(head.child(page_actions().shown(may_manage, create)))
        .child(el("p").class("page-text").text(
            "External systems, such as a CRM, use these keys to trigger outbound calls without signing in.",
        ))
        .child(body(keys, query, shown, dialogs))
        .shown(move || dialogs.create.get(), move || create_dialog(keys, dialogs))
        .shown(
            move || dialogs.created.with(Option::is_some),
            move || created_dialog(keys, query, dialogs.created),
        )
        .live(move || {
            let ApiKeyView { id, name, .. } = dialogs.delete.get()?.view.clone();
            Some(untrack(|| delete_dialog(keys, id, name, dialogs)))
        })
        .live(move || {
            let ApiKeyView { id, name, .. } = dialogs.webhook.get()?.view.clone();
            Some(untrack(|| webhook_dialog(id, &name, dialogs)))
        })
}

/// The keys that the search leaves, in the order asked for. Typing sorts nothing anew: what is left keeps its order.
fn shown(keys: Keys, query: Query) -> Shown {
    let sorted = Memo::new(move |_| {
        let sort = query.sort.get();
        if keys.by_server.get() {
            return keys.told.get();
        }
        // Time is followed only where it decides the order.
        if sort.column == KeyColumn::Status {
            keys.ticks.track();
        }
        keys.told.with(|told| arrange::sorted(told, sort, keys.now()))
    });
    Memo::new(move |_| {
        let needle = query.search.with(|search| search::needle(search));
        if needle.is_empty() || keys.by_server.get() {
            return sorted.get();
        }
        let found = |key: &&Arc<Told>| key.haystack.contains(&needle);
        sorted.with(|keys| keys.iter().filter(found).cloned().collect())
    })
}

/// "12 keys", "3 of 12" while searching, with a "+" where there may be more. Nothing where there are none: the page
/// says so at length.
fn count(keys: Keys, query: Query, shown: Shown) -> String {
    let total = keys.total.get();
    let (all_counted, found_counted) = keys.exact.get();
    let plus = if all_counted { "" } else { "+" };
    if total == 0 || keys.load.with(|load| *load != Load::Ready) {
        return String::new();
    }
    if keys.asking.get() {
        return "Searching…".to_owned();
    }
    if query.search.with(|search| search.trim().is_empty()) {
        return format!("{total}{plus} key{}", if total == 1 { "" } else { "s" });
    }
    let found = match keys.by_server.get() {
        true => keys.found.get(),
        false => u64::try_from(shown.with(Vec::len)).unwrap_or(u64::MAX),
    };
    let so_far = if keys.whole.get() { "" } else { " so far," };
    let or_more = if keys.by_server.get() && !found_counted {
        "+"
    } else {
        ""
    };
    format!("{found}{or_more}{so_far} of {total}{plus}")
}

/// What was changed in another tab or by another admin appears when one comes back to this one.
///
/// Not while a created key is on screen: what such a reading may bring, an ended session for one, can wait until the
/// key is safe.
fn refresh_on_return(keys: Keys) {
    let location = use_location();
    let refresh = move || {
        let seen = document().visibility_state() == web_sys::VisibilityState::Visible;
        if seen && !untrack(move || location.is_held()) {
            keys.pass();
            if keys.load.with_untracked(|load| *load == Load::Ready) {
                keys.refresh();
            }
        }
    };
    let focus = window_event_listener(ev::focus, move |_| refresh());
    // The event is the document's, and bubbles to the window.
    let visible = window_event_listener(ev::visibilitychange, move |_| refresh());
    on_cleanup(move || {
        focus.remove();
        visible.remove();
    });
}
