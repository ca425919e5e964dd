//! The filters of the Call Log.

use chrono::NaiveDate;
use leptos::prelude::*;
use leptos::task::spawn_local_scoped_with_cancellation;
use ori_shared::account::Role;
use ori_shared::call::CallStatus;
use ori_shared::page::MAX_LIMIT;

use super::SEARCH;
use super::call_filter::{CallFilter, Criteria};
use super::labels::badge_of;
use crate::api;
use crate::api::keys::KeyQuery;
use crate::components::field::SearchBox;
use crate::components::icon::{Glyph, Icon};
use crate::state::session::use_session;

/// Maximum number of offered keys. Calls of other keys are linked from the row of the key.
const MAX_KEYS: usize = 5_000;

/// Search, status, key, and the days between which a call was placed.
#[component]
pub fn Filters(filter: CallFilter) -> impl IntoView {
    let session = use_session();
    view! {
        <div class="filters" role="search">
            <div class="search">
                <Icon glyph=Glyph::Search />
                <SearchBox
                    id=SEARCH
                    placeholder="Number, reference, bot or call ID"
                    value=filter.typed
                    on_input=move |text: String| filter.type_search(text)
                />
            </div>
            <StatusFilter filter />
            // Only admins may list keys.
            <Show when=move || session.has_role(Role::Admin)>
                <KeyFilter filter />
            </Show>
            <DayFilter
                filter
                label="From"
                read=|criteria| criteria.from
                write=|criteria, day| criteria.from = day
            />
            <DayFilter
                filter
                label="To"
                read=|criteria| criteria.until
                write=|criteria, day| criteria.until = day
            />
        </div>
    }
}

#[component]
fn StatusFilter(filter: CallFilter) -> impl IntoView {
    let chosen = move || {
        filter
            .criteria
            .with(|criteria| criteria.status.map(CallStatus::as_str).unwrap_or_default())
    };
    let choose = move |event| {
        let status = CallStatus::parse(&event_target_value(&event));
        filter.change(|criteria| criteria.status = status);
    };
    view! {
        <select class="filter-field" aria-label="Status" prop:value=chosen on:change=choose>
            <option value="">"All statuses"</option>
            {CallStatus::ALL
                .map(|status| {
                    view! { <option value=status.as_str()>{badge_of(status).1}</option> }
                })
                .collect_view()}
        </select>
    }
}

/// Select field with every key (the newest of very many), and the chosen one even if it has been deleted.
#[component]
fn KeyFilter(filter: CallFilter) -> impl IntoView {
    let names: RwSignal<Vec<(String, String)>> = RwSignal::default();
    spawn_local_scoped_with_cancellation(async move {
        let mut cursor: Option<String> = None;
        // Without the names, a link from a key's row still works.
        while let Ok(page) = api::keys::list(&KeyQuery::default(), cursor.as_deref(), MAX_LIMIT).await {
            let read = page.items.into_iter().map(|key| (key.id.to_string(), key.name));
            names.update(|names| names.extend(read));
            cursor = page.next_cursor;
            if cursor.is_none() || names.with_untracked(Vec::len) >= MAX_KEYS {
                return;
            }
        }
    });
    let chosen = Memo::new(move |_| {
        filter
            .criteria
            .with(|criteria| criteria.key.map(|key| key.to_string()).unwrap_or_default())
    });
    let unknown = move || {
        let chosen = chosen.get();
        let is_known = names.with(|names| names.iter().any(|(id, _)| *id == chosen));
        (!chosen.is_empty() && !is_known)
            .then(|| view! { <option value=chosen.clone()>"Another key"</option> })
    };
    let choose = move |event| {
        let key = event_target_value(&event).parse().ok();
        filter.change(|criteria| criteria.key = key);
    };
    // An option that has just arrived can be the chosen one.
    let value = move || {
        names.track();
        chosen.get()
    };
    view! {
        <div class="filter">
            <select class="filter-field" aria-label="API key" on:change=choose prop:value=value>
                <option value="">"All keys"</option>
                <For each=move || names.get() key=|(id, _)| id.clone() let((id, name))>
                    <option value=id translate="no">
                        {name}
                    </option>
                </For>
                {unknown}
            </select>
        </div>
    }
}

#[component]
fn DayFilter(
    filter: CallFilter,
    label: &'static str,
    read: fn(&Criteria) -> Option<NaiveDate>,
    write: fn(&mut Criteria, Option<NaiveDate>),
) -> impl IntoView {
    let value = move || {
        let day = filter.criteria.with(read);
        day.map(|day| day.to_string()).unwrap_or_default()
    };
    let choose = move |event| {
        let day = event_target_value(&event).parse().ok();
        filter.change(|criteria| write(criteria, day));
    };
    view! {
        <label class="filter-day">
            <span>{label}</span>
            <input
                type="date"
                class="filter-field"
                max="9999-12-31"
                prop:value=value
                on:change=choose
            />
        </label>
    }
}
