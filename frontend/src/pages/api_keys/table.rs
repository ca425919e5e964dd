//! The table.

use super::Dialogs;
use super::arrange::Column;
use super::entry::Entry;
use super::query::Query;
use super::row::row;
use super::store::Keys;
use crate::reactive::*;
use crate::ui::el::{El, el};
use crate::ui::sort_header::sort_header;

/// The keys, one a row.
///
/// The roles are spelled out because narrow screens lay rows out as cards, and browsers drop a table's meaning with its layout.
///
/// `shown` are the keys that the search leaves, in order.
#[must_use]
pub fn table(keys: Keys, query: Query, shown: Memo<Vec<Entry>>, dialogs: Dialogs) -> El {
    let headers = Column::ALL.map(|column| {
        let order = move || query.order_of(column);
        sort_header(column.label(), order, move || query.press(column))
    });
    let actions = el("th")
        .attr("scope", "col")
        .attr("role", "columnheader")
        .class("actions-head")
        .text("Actions");
    let head = el("tr").attr("role", "row").children(headers).child(actions);
    let ids = move || shown.with(|shown| shown.iter().map(|entry| entry.id).collect());
    let body = el("tbody").attr("role", "rowgroup").each(ids, move |id| {
        let entry = shown.with_untracked(|shown| shown.iter().find(|entry| entry.id == id).cloned());
        entry.map_or_else(|| el("tr"), |entry| row(entry, keys, dialogs))
    });
    el("table")
        .class("table")
        .attr("role", "table")
        .attr("aria-label", "API keys")
        .child(el("thead").attr("role", "rowgroup").child(head))
        .child(body)
}
