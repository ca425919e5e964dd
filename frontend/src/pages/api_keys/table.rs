//! The table.

use leptos::prelude::*;

use super::Dialogs;
use super::arrange::Column;
use super::entry::Entry;
use super::query::Query;
use super::row::Row;
use super::store::Keys;
use crate::ui::sort_header::SortHeader;

/// The keys, one a row.
///
/// The roles are spelled out because narrow screens lay rows out as cards, and browsers drop a table's meaning with its layout.
#[component]
pub fn Table(
    /// All keys.
    keys: Keys,
    /// What is searched for and how the list is sorted.
    query: Query,
    /// The keys that the search leaves, in order.
    shown: Memo<Vec<Entry>>,
    /// Which dialog is open.
    dialogs: Dialogs,
) -> impl IntoView {
    let headers = Column::ALL.map(|column| {
        view! {
            <SortHeader
                label=column.label()
                order=Signal::derive(move || query.order_of(column))
                on_press=Callback::new(move |()| query.press(column))
            />
        }
    });
    view! {
        <table class="table" role="table" aria-label="API keys">
            <thead role="rowgroup">
                <tr role="row">
                    {headers.into_iter().collect_view()}
                    <th scope="col" role="columnheader" class="actions-head">"Actions"</th>
                </tr>
            </thead>
            <tbody role="rowgroup">
                <For each=move || shown.get() key=|entry| entry.id let:entry>
                    <Row entry keys dialogs />
                </For>
            </tbody>
        </table>
    }
}
