//! Rows of a long table, of which only those near the visible part are in the document.

use std::ops::Range;
use std::time::Duration;

use leptos::ev;
use leptos::html;
use leptos::prelude::*;
use uuid::Uuid;
use wasm_bindgen::JsCast;
use web_sys::{Element, Event, FocusOptions, HtmlElement, HtmlTableRowElement};

use super::focus::focused;
use crate::hooks::window_event::use_window_event;

/// Height of a row before one has been measured, in pixels.
const ROW_HEIGHT: f64 = 44.0;
/// Rows are rendered this far above and below the visible part, in pixels.
const MARGIN: f64 = 360.0;
/// Step in which the remaining rows are added if all rows are to be in the document, in pixels per frame.
const CHUNK: f64 = 1600.0;
/// Granularity of the scroll position, in pixels.
const STEP: f64 = 90.0;
/// Number of remaining rows below which `on_end` is called.
const AHEAD: usize = 60;

/// A row that is in the document.
#[derive(Clone, PartialEq)]
pub struct Slot<T> {
    /// Item to show.
    pub item: T,
    /// Position in the list.
    pub index: usize,
    /// Distance from the start of the list in pixels, for a row that is rendered out of sight.
    pub offscreen: Option<f64>,
}

/// The rows that are in the document, and the space of the others.
#[derive(Clone, PartialEq)]
struct Window<T> {
    slots: Vec<Slot<T>>,
    rows: Range<usize>,
    above: f64,
    below: f64,
    list: u64,
    /// Number of lists whose visible rows were not in the document before.
    generation: u64,
    margin: f64,
}

/// Body of a table whose rows all have one height.
///
/// If another list brings other rows into sight, these are rendered first and their surroundings after the next paint,
/// so that typing does not wait for rows that are out of sight. The row that has the focus stays in the document, with
/// its neighbours, so that Tab leads on from it.
#[component]
pub fn VirtualRows<T, V>(
    #[prop(into)] items: Signal<Vec<T>>,
    /// Returns the id of an item.
    id: fn(&T) -> Uuid,
    /// Whether all rows are to be in the document, at the latest some frames later.
    #[prop(into)]
    all: Signal<bool>,
    /// Called when the end of the list is near.
    #[prop(into)]
    on_end: Callback<()>,
    /// Renders a row.
    row: fn(Memo<Slot<T>>) -> V,
) -> impl IntoView
where
    T: Clone + PartialEq + Send + Sync + 'static,
    V: IntoView + 'static,
{
    let body = NodeRef::<html::Tbody>::new();
    let view = RwSignal::new((0.0, inner_height()));
    let row_height = RwSignal::new(ROW_HEIGHT);
    let growth = RwSignal::new((0_u64, 0.0_f64));
    let focused_row = RwSignal::new(None::<Uuid>);
    let held_focus = StoredValue::new_local(None::<HtmlElement>);
    let list = Memo::new(move |before: Option<&u64>| {
        items.track();
        before.copied().unwrap_or_default() + 1
    });
    let window = Memo::new(move |before: Option<&Window<T>>| {
        held_focus.set_value(focused());
        let layout = Layout {
            row_height: row_height.get(),
            view: view.get(),
        };
        items.with(|items| {
            let list = list.get();
            let generation = generation(before, list, items, &layout, id);
            let (grown, margin) = growth.get();
            let margin = if grown == generation { margin } else { 0.0 };
            let rows = layout.rows(items.len(), margin);
            let pinned = focused_row
                .get()
                .and_then(|focus| items.iter().position(|item| id(item) == focus));
            Window {
                slots: layout.slots(items, &rows, pinned),
                above: layout.height(rows.start),
                below: layout.height(items.len() - rows.end),
                rows,
                list,
                generation,
                margin,
            }
        })
    });
    follow_scrolling(body, view);
    let measure = move || {
        // The table may be gone by the next frame.
        if let Some(Some(body)) = body.try_get_untracked()
            && let Some(height) = measured(&body)
            && (height - row_height.get_untracked()).abs() > 0.01
        {
            row_height.set(height);
        }
    };
    use_window_event(ev::resize, move |_| measure());
    Effect::new(move |_| {
        let (generation, margin, end, count) = window.with(|window| {
            let count = items.with_untracked(Vec::len);
            (window.generation, window.margin, window.rows.end, count)
        });
        request_animation_frame(move || {
            measure();
            look(body, view);
            return_focus(held_focus);
        });
        let wanted = wanted_margin(margin, all.get(), row_height.get_untracked() * to_f64(count));
        if let Some(wanted) = wanted {
            after_paint(move || {
                growth.try_set((generation, wanted));
            });
        }
        if end + AHEAD >= count {
            on_end.run(());
        }
    });
    let on_focus = move |event: ev::FocusEvent| {
        let row = row_index(&event);
        let id = row.and_then(|row| window.with_untracked(|window| Some(id(&window.slots.get(row)?.item))));
        if focused_row.get_untracked() != id {
            focused_row.set(id);
        }
    };
    view! {
        <tbody
            class="rows"
            role="rowgroup"
            node_ref=body
            style=("--above", move || pixels(window.with(|window| window.above)))
            style=("--below", move || pixels(window.with(|window| window.below)))
            on:focusin=on_focus
        >
            <For
                each=move || window.with(|window| window.slots.clone())
                key=move |slot| id(&slot.item)
                children=move |slot| {
                    let this = id(&slot.item);
                    let current = Memo::new(move |before: Option<&Slot<T>>| {
                        let now = window.with(|window| window.slots.iter().find(|slot| id(&slot.item) == this).cloned());
                        now.or_else(|| before.cloned()).unwrap_or_else(|| slot.clone())
                    });
                    row(current)
                }
            />
        </tbody>
    }
}

struct Layout {
    row_height: f64,
    /// Visible range, in pixels from the start of the list.
    view: (f64, f64),
}

impl Layout {
    fn height(&self, rows: usize) -> f64 {
        self.row_height * to_f64(rows)
    }

    /// Returns the rows within the visible part and `margin` pixels around it.
    fn rows(&self, count: usize, margin: f64) -> Range<usize> {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "clamped to the list's length"
        )]
        let row_at = |pixels: f64| (pixels / self.row_height).clamp(0.0, to_f64(count)) as usize;
        let start = row_at((self.view.0 - margin).floor());
        let end = row_at((self.view.1 + margin + self.row_height).ceil());
        start..end.max(start)
    }

    fn slots<T: Clone>(&self, items: &[T], rows: &Range<usize>, pinned: Option<usize>) -> Vec<Slot<T>> {
        let near = pinned.map_or(0..0, |row| row.saturating_sub(1)..items.len().min(row + 2));
        let before = near.clone().filter(|row| *row < rows.start);
        let behind = near.filter(|row| *row >= rows.end);
        let indices = before.chain(rows.clone()).chain(behind);
        indices
            .map(|index| Slot {
                item: items[index].clone(),
                index,
                offscreen: (!rows.contains(&index)).then(|| self.height(index)),
            })
            .collect()
    }
}

/// A list whose visible rows are all in the document keeps their surroundings; another one begins without.
fn generation<T>(
    before: Option<&Window<T>>,
    list: u64,
    items: &[T],
    layout: &Layout,
    id: fn(&T) -> Uuid,
) -> u64 {
    let Some(before) = before else { return 1 };
    let is_drawn = |item: &T| before.slots.iter().any(|slot| id(&slot.item) == id(item));
    if before.list == list || items[layout.rows(items.len(), 0.0)].iter().all(is_drawn) {
        before.generation
    } else {
        before.generation + 1
    }
}

fn wanted_margin(margin: f64, all: bool, list_height: f64) -> Option<f64> {
    if margin < MARGIN {
        Some(MARGIN)
    } else if all && margin < list_height {
        Some(margin + CHUNK)
    } else {
        None
    }
}

fn follow_scrolling(body: NodeRef<html::Tbody>, view: RwSignal<(f64, f64)>) {
    use_window_event(ev::scroll, move |_| look(body, view));
    use_window_event(ev::resize, move |_| look(body, view));
}

/// Measures the visible part of the list.
fn look(body: NodeRef<html::Tbody>, view: RwSignal<(f64, f64)>) {
    let Some(Some(body)) = body.try_get_untracked() else {
        return;
    };
    if !body.is_connected() {
        return;
    }
    let top = -body.get_bounding_client_rect().top();
    let from = (top / STEP).floor() * STEP;
    let to = ((top + inner_height()) / STEP).ceil() * STEP;
    if view.get_untracked() != (from, to) {
        view.set((from, to));
    }
}

/// Returns the height of a row with the space to the next one.
fn measured(body: &Element) -> Option<f64> {
    let rows = body.query_selector_all("tr:not(.offscreen)").ok()?;
    let top = |row: u32| {
        let row: Element = rows.item(row)?.dyn_into().ok()?;
        Some(row.get_bounding_client_rect().top())
    };
    let height = top(1)? - top(0)?;
    (height > 1.0).then_some(height)
}

/// A row that is moved in the document loses the focus.
fn return_focus(held: StoredValue<Option<HtmlElement>, LocalStorage>) {
    let Some(Some(element)) = held.try_update_value(Option::take) else {
        return;
    };
    if focused().is_none()
        && element.is_connected()
        && element.closest("tbody").is_ok_and(|body| body.is_some())
    {
        let options = FocusOptions::new();
        options.set_prevent_scroll(true);
        let _ = element.focus_with_options(&options);
    }
}

fn row_index(event: &Event) -> Option<usize> {
    let target: Element = event.target()?.dyn_into().ok()?;
    let row: HtmlTableRowElement = target.closest("tr").ok()??.dyn_into().ok()?;
    usize::try_from(row.section_row_index()).ok()
}

fn after_paint(then: impl FnOnce() + 'static) {
    request_animation_frame(move || set_timeout(then, Duration::ZERO));
}

fn inner_height() -> f64 {
    let height = window().inner_height().ok();
    height.and_then(|height| height.as_f64()).unwrap_or(1000.0)
}

fn pixels(length: f64) -> String {
    format!("{}px", length.round())
}

#[expect(clippy::cast_precision_loss, reason = "a number of rows")]
const fn to_f64(rows: usize) -> f64 {
    rows as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    const LAYOUT: Layout = Layout {
        row_height: 40.0,
        view: (400.0, 800.0),
    };

    #[test]
    fn the_rows_within_the_view_and_its_margin_are_in_the_document() {
        assert_eq!(LAYOUT.rows(1000, 0.0), 10..21);
        assert_eq!(LAYOUT.rows(1000, 400.0), 0..31);
        assert_eq!(LAYOUT.rows(15, 0.0), 10..15);
        assert_eq!(LAYOUT.rows(5, 0.0), 5..5);
        assert_eq!(LAYOUT.rows(0, 400.0), 0..0);
    }

    #[test]
    fn the_focused_row_and_its_neighbours_stay_where_they_are_in_the_list() {
        let items: Vec<u32> = (0..100).collect();
        let slots = |pinned| LAYOUT.slots(&items, &(10..13), pinned);
        let indices = |pinned| slots(pinned).iter().map(|slot| slot.index).collect::<Vec<_>>();
        assert_eq!(indices(None), [10, 11, 12]);
        assert_eq!(indices(Some(0)), [0, 1, 10, 11, 12]);
        assert_eq!(indices(Some(10)), [9, 10, 11, 12]);
        assert_eq!(indices(Some(99)), [10, 11, 12, 98, 99]);
        assert_eq!(slots(Some(99))[4].offscreen, Some(99.0 * 40.0));
        assert_eq!(slots(Some(99))[0].offscreen, None);
    }

    #[test]
    fn the_margin_grows_until_everything_wanted_is_there() {
        assert_eq!(wanted_margin(0.0, false, 9000.0), Some(MARGIN));
        assert_eq!(wanted_margin(MARGIN, false, 9000.0), None);
        assert_eq!(wanted_margin(MARGIN, true, 9000.0), Some(MARGIN + CHUNK));
        assert_eq!(wanted_margin(9000.0, true, 9000.0), None);
    }
}
