//! A column's header that sorts.

use super::el::{El, el};
use super::icon::{Icon, glyph};

/// How a column is sorted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Smallest first.
    Ascending,
    /// Greatest first.
    Descending,
}

/// A header with a button in it; the sorted one tells its order to everyone.
///
/// `order` is how it is sorted, if it is; `on_press` sorts by this column, or turns its order round.
#[must_use]
pub fn sort_header(
    label: &str,
    order: impl Fn() -> Option<Order> + Copy + 'static,
    on_press: impl Fn() + 'static,
) -> El {
    let aria = move || {
        order().map(|order| match order {
            Order::Ascending => "ascending",
            Order::Descending => "descending",
        })
    };
    let icon = move || match order() {
        Some(Order::Ascending) => Icon::Up,
        Some(Order::Descending) | None => Icon::Down,
    };
    let arrow = el("span").class("arrow").live(move || Some(glyph(icon())));
    let button = el("button")
        .attr("type", "button")
        .class("sort")
        .on("click", move |_| on_press())
        .text(label)
        .child(arrow);
    el("th")
        .attr("scope", "col")
        .attr("role", "columnheader")
        .live_attr("aria-sort", move || aria().map(str::to_owned))
        .child(button)
}
