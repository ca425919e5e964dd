//! Column headers that sort.

use leptos::prelude::*;

use super::icon::{Glyph, Icon};

/// Order of a sorted column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Smallest first.
    Ascending,
    /// Greatest first.
    Descending,
}

/// A column header with a button. The sorted one shows its order.
#[component]
pub fn SortHeader(
    label: &'static str,
    /// Tooltip; empty for none.
    #[prop(optional)]
    help: &'static str,
    /// Order of the table by this column, if it is sorted by it.
    #[prop(into)]
    order: Signal<Option<Order>>,
    /// Sorts by this column, or reverses the order.
    #[prop(into)]
    on_press: Callback<()>,
    #[prop(optional, into)] disabled: Signal<bool>,
) -> impl IntoView {
    let aria_sort = move || {
        order.get().map(|order| match order {
            Order::Ascending => "ascending",
            Order::Descending => "descending",
        })
    };
    let arrow = move || match order.get() {
        Some(Order::Ascending) => view! { <Icon glyph=Glyph::Up /> },
        Some(Order::Descending) | None => view! { <Icon glyph=Glyph::Down /> },
    };
    view! {
        <th scope="col" role="columnheader" aria-sort=aria_sort>
            <button
                type="button"
                class="sort"
                title=(!help.is_empty()).then_some(help)
                disabled=move || disabled.get()
                on:click=move |_| on_press.run(())
            >
                {label}
                <span class="arrow">{arrow}</span>
            </button>
        </th>
    }
}
