//! The table of keys.

use std::sync::Arc;

use leptos::prelude::*;
use ori_shared::key_sort::KeyColumn;

use super::column_label;
use super::key_entry::KeyEntry;
use super::key_filter::KeyFilter;
use super::key_row::key_row;
use super::store::use_key_list;
use crate::components::sort_header::SortHeader;
use crate::components::virtual_rows::VirtualRows;

/// Maximum number of keys of which all rows are in the document, so that the browser's search, printing and screen
/// readers find them.
const WHOLE_MAX: u64 = 500;

/// The keys, one per row.
///
/// Roles are explicit because rows are cards on narrow screens, and browsers drop a table's roles with its layout.
#[component]
pub fn KeyTable(shown: Memo<Vec<Arc<KeyEntry>>>) -> impl IntoView {
    let keys = use_key_list();
    let filter = expect_context::<KeyFilter>();
    let all = Signal::derive(move || {
        keys.totals
            .with(|totals| totals.value().is_some_and(|totals| totals.all <= WHOLE_MAX))
    });
    let count = move || {
        if keys.by_server.get() {
            keys.totals
                .with(|totals| totals.value().map_or(0, |totals| totals.found))
        } else {
            shown.with(|shown| shown.len() as u64)
        }
    };
    // With traffic, this order changes while the server's pages are read.
    let is_unstable = move |column| column == KeyColumn::LastUsed && keys.by_server.get();
    view! {
        <table
            class="table keys"
            role="table"
            aria-label="API keys"
            aria-rowcount=move || (count() + 1).to_string()
            aria-busy=move || keys.is_searching.get().then_some("true")
        >
            <thead role="rowgroup">
                <tr role="row" aria-rowindex="1">
                    {KeyColumn::ALL
                        .map(|column| {
                            view! {
                                <SortHeader
                                    label=column_label(column)
                                    help=column_help(column)
                                    order=Signal::derive(move || filter.order_of(column))
                                    on_press=move |()| filter.press(column)
                                    disabled=Signal::derive(move || is_unstable(column))
                                />
                            }
                        })
                        .collect_view()}
                    <th scope="col" role="columnheader" class="actions-head">
                        "Actions"
                    </th>
                </tr>
            </thead>
            <VirtualRows
                items=shown
                id=KeyEntry::id
                all
                on_end=move |()| keys.read_on()
                row=key_row
            />
        </table>
    }
}

/// Returns the tooltip of a column's header; empty for none.
const fn column_help(column: KeyColumn) -> &'static str {
    match column {
        KeyColumn::LastUsed => {
            "When a request with this key was last accepted: placing a call or reading, to the minute"
        }
        _ => "",
    }
}
