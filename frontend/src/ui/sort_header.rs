//! A column's header that sorts.

use leptos::prelude::*;

use super::icon::{Glyph, Icon};

/// How a column is sorted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Smallest first.
    Ascending,
    /// Greatest first.
    Descending,
}

/// A header with a button in it; the sorted one tells its order to everyone.
#[component]
pub fn SortHeader(
    /// The column's name.
    label: &'static str,
    /// How it is sorted, if it is.
    #[prop(into)]
    order: Signal<Option<Order>>,
    /// Sorts by this column, or turns its order round.
    on_press: Callback<()>,
) -> impl IntoView {
    let aria = move || {
        order.get().map(|order| match order {
            Order::Ascending => "ascending",
            Order::Descending => "descending",
        })
    };
    let icon = move || match order.get() {
        Some(Order::Ascending) => Icon::Up,
        Some(Order::Descending) | None => Icon::Down,
    };
    view! {
        <th scope="col" role="columnheader" aria-sort=aria>
            <button type="button" class="sort" on:click=move |_| on_press.run(())>
                {label}
                <span class="arrow">{move || view! { <Glyph icon=icon() /> }}</span>
            </button>
        </th>
    }
}
