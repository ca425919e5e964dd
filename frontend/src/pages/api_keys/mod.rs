//! The API Keys page: create keys, and manage them.

pub mod actions;
pub mod create_dialog;
pub mod created_dialog;
pub mod delete_dialog;
pub mod key_entry;
pub mod key_filter;
pub mod key_row;
pub mod order;
pub mod reader;
pub mod store;
pub mod table;
pub mod webhook_dialog;

use std::sync::Arc;

use leptos::prelude::*;
use ori_shared::api_key::CreatedApiKey;
use ori_shared::error_code::ErrorCode;
use ori_shared::key_sort::KeyColumn;

use crate::api::ApiError;
use crate::components::button::{Button, Variant};
use crate::components::empty_state::{EmptyState, Failure, Loading};
use crate::components::field::SearchBox;
use crate::components::focus::focus_id;
use crate::components::icon::{Glyph, Icon};
use crate::components::navigation_guard::use_navigation_guard;
use crate::hooks::Remote;
use crate::hooks::polling::use_return;
use crate::layout::page_head::PageHead;
use create_dialog::CreateDialog;
use created_dialog::CreatedDialog;
use delete_dialog::DeleteDialog;
use key_entry::KeyEntry;
use key_filter::KeyFilter;
use store::{KeyList, use_key_list};
use table::KeyTable;
use webhook_dialog::WebhookDialog;

/// Id of the button that gets the focus if the focused element is gone.
pub const CREATE_BUTTON: &str = "create-api-key";
const SEARCH: &str = "search";

/// Open dialogs.
#[derive(Clone, Copy)]
pub struct KeyDialogs {
    /// Create API key.
    pub create: RwSignal<bool>,
    /// Whether a key is being created. Leaving the page is prevented until the response arrives, because no later one
    /// contains the key.
    pub creating: RwSignal<bool>,
    /// Key created. The only place that holds a plain key, for as long as the dialog is open.
    pub created: RwSignal<Option<CreatedApiKey>>,
    /// Delete API Key.
    pub delete: RwSignal<Option<Arc<KeyEntry>>>,
    /// Webhook.
    pub webhook: RwSignal<Option<Arc<KeyEntry>>>,
}

/// The API Keys page.
#[component]
pub fn ApiKeysPage() -> impl IntoView {
    let keys = use_key_list();
    let filter = KeyFilter::from_address();
    keys.open(filter.query());
    Effect::new(move |_| keys.ask(filter.query()));
    on_cleanup(move || keys.close());
    let dialogs = KeyDialogs {
        create: RwSignal::new(false),
        creating: RwSignal::new(false),
        created: RwSignal::new(None),
        delete: RwSignal::new(None),
        webhook: RwSignal::new(None),
    };
    provide_context(dialogs);
    provide_context(filter);
    let shown = shown(keys, filter);
    let leaving = RwSignal::new(false);
    let holds_key = Signal::derive(move || dialogs.creating.get() || dialogs.created.with(Option::is_some));
    let guard = use_navigation_guard(
        holds_key,
        Callback::new(move |()| leaving.set(dialogs.created.with_untracked(Option::is_some))),
    );
    // A session that has ended is handled after the key has been copied.
    use_return(move || {
        if !holds_key.get_untracked() {
            keys.refresh();
        }
    });
    let count = Signal::derive(move || count(keys, filter, shown));
    view! {
        <PageHead title="API Keys" count>
            <Button
                id=CREATE_BUTTON
                label="Create API Key"
                icon=Glyph::Plus
                variant=Variant::Primary
                on_press=move |()| dialogs.create.set(true)
            />
        </PageHead>
        <p class="page-text">
            "External systems, such as a CRM, use these keys to trigger outbound calls without signing in."
        </p>
        <KeyPanel shown />
        <Show when=move || dialogs.create.get()>
            <CreateDialog />
        </Show>
        <Show when=move || dialogs.created.with(Option::is_some)>
            <CreatedDialog leaving guard />
        </Show>
        {move || dialogs.delete.get().map(|key| view! { <DeleteDialog key /> })}
        {move || dialogs.webhook.get().map(|key| view! { <WebhookDialog key /> })}
    }
}

/// Returns the keys that match the search, in the order of the table. Typing does not sort again: the remaining keys
/// keep their order.
fn shown(keys: KeyList, filter: KeyFilter) -> Memo<Vec<Arc<KeyEntry>>> {
    let sorted = order::sorted(keys, filter);
    Memo::new(move |_| {
        let needle = filter.needle();
        if needle.is_empty() || keys.by_server.get() {
            return sorted.get();
        }
        let matches = |key: &&Arc<KeyEntry>| key.haystack.contains(&needle);
        sorted.with(|keys| keys.iter().filter(matches).cloned().collect())
    })
}

/// Returns `12 keys`, or `3 of 12` during a search, with a `+` if there may be more. Empty if there are none, because
/// the page shows a message.
fn count(keys: KeyList, filter: KeyFilter, shown: Memo<Vec<Arc<KeyEntry>>>) -> String {
    let Some(totals) = keys.totals.with(|totals| totals.value().cloned()) else {
        return String::new();
    };
    if totals.all == 0 {
        return String::new();
    }
    if keys.is_searching.get() {
        return "Searching…".to_owned();
    }
    let plus = |is_exact| if is_exact { "" } else { "+" };
    let (all, all_plus) = (totals.all, plus(totals.all_is_exact));
    if filter.needle().is_empty() {
        return format!("{all}{all_plus} key{}", if all == 1 { "" } else { "s" });
    }
    if keys.by_server.get() {
        return format!(
            "{}{} of {all}{all_plus}",
            totals.found,
            plus(totals.found_is_exact)
        );
    }
    let so_far = if totals.is_complete { "" } else { " so far," };
    format!("{}{so_far} of {all}{all_plus}", shown.with(Vec::len))
}

/// Content below the title.
#[derive(Clone, PartialEq, Eq)]
enum Content {
    Loading,
    Failed(ApiError),
    NoKeys,
    NoMatch,
    Table,
}

/// The search and the table, or a placeholder.
#[component]
fn KeyPanel(shown: Memo<Vec<Arc<KeyEntry>>>) -> impl IntoView {
    let keys = use_key_list();
    let filter = expect_context::<KeyFilter>();
    let content = Memo::new(move |_| match keys.totals.get() {
        Remote::Loading => Content::Loading,
        Remote::Failed(error) => Content::Failed(error),
        Remote::Ready { value, .. } if value.all == 0 => Content::NoKeys,
        Remote::Ready { .. } if !shown.with(Vec::is_empty) => Content::Table,
        // A match may be among those that have not arrived.
        Remote::Ready { value, .. } if !value.is_complete => Content::Loading,
        Remote::Ready { .. } => Content::NoMatch,
    });
    // A search that failed can be changed.
    let is_searchable = move || match content.get() {
        Content::NoKeys => false,
        Content::Failed(_) => keys.by_server.get(),
        _ => true,
    };
    view! {
        <Show when=is_searchable>
            <div class="search" role="search">
                <Icon glyph=Glyph::Search />
                <SearchBox
                    id=SEARCH
                    placeholder="Search by name or key"
                    value=filter.search
                    on_input=move |text: String| filter.type_search(&text, keys)
                />
            </div>
        </Show>
        <div class="panel">
            {move || match content.get() {
                Content::Loading => view! { <Loading /> }.into_any(),
                Content::Failed(error) => view! { <KeysFailed error /> }.into_any(),
                Content::NoKeys => view! { <NoKeys /> }.into_any(),
                Content::NoMatch => view! { <NoMatch /> }.into_any(),
                Content::Table => view! { <KeyTable shown /> }.into_any(),
            }}
        </div>
    }
}

#[component]
fn NoKeys() -> impl IntoView {
    let dialogs = expect_context::<KeyDialogs>();
    view! {
        <EmptyState
            glyph=Glyph::Key
            title="No API keys yet"
            text="Create an API key to allow external systems to trigger outbound calls"
        >
            <Button
                label="Create API Key"
                icon=Glyph::Plus
                on_press=move |()| dialogs.create.set(true)
            />
        </EmptyState>
    }
}

#[component]
fn NoMatch() -> impl IntoView {
    let (filter, keys) = (expect_context::<KeyFilter>(), use_key_list());
    let clear = move |()| {
        filter.type_search("", keys);
        focus_id(SEARCH);
    };
    view! {
        <EmptyState
            glyph=Glyph::Search
            title="No API keys found"
            text="Clear or change the search term to see your keys again."
        >
            <Button label="Clear search" on_press=clear />
        </EmptyState>
    }
}

#[component]
fn KeysFailed(error: ApiError) -> impl IntoView {
    let keys = use_key_list();
    if error.code() == Some(ErrorCode::RoleTooLow) {
        return view! {
            <EmptyState
                glyph=Glyph::Key
                title="Only admins manage API keys"
                text="Ask an admin if a system needs a key."
            />
        }
        .into_any();
    }
    view! {
        <Failure
            title="Couldn’t load the API keys"
            text=error.sentence()
            on_retry=move |()| keys.reload()
        />
    }
    .into_any()
}

/// Returns the header of a column.
#[must_use]
pub const fn column_label(column: KeyColumn) -> &'static str {
    match column {
        KeyColumn::Name => "Name",
        KeyColumn::Key => "Key",
        KeyColumn::Status => "Status",
        KeyColumn::Expires => "Expires",
        KeyColumn::LastUsed => "Last Used",
        KeyColumn::Created => "Created",
    }
}
