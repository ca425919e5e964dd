//! Which rows are in the document: those that can be seen and some around them, and where the focus is.
//!
//! Where another list brings others into sight, these are drawn first, and those around them once they have been
//! painted: who types in Search waits for no row that is out of sight.
//!
//! All others are room above and below them. The price is that the browser's own search in the page finds only what is
//! drawn; the page's search finds all.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use uuid::Uuid;
use wasm_bindgen::JsCast;
use web_sys::{Element, Event, HtmlElement};

use super::Shown;
use super::entry::{Passing, Told};
use super::heights::{Heights, Span};
use super::row::{Face, Row, set_pixels};
use super::store::Keys;
use crate::reactive::*;
use crate::state::zone::{Zone, use_zone};
use crate::ui::el::El;

/// So far above and below what can be seen rows are drawn, in pixels.
const MARGIN: f64 = 360.0;
/// Shorter ways of scrolling draw nothing anew, in pixels.
const STEP: f64 = 90.0;
/// With so few rows left to scroll to, more are read.
const AHEAD: usize = 60;

/// The rows that are drawn.
#[derive(Clone)]
struct Rows {
    state: Rc<RefCell<State>>,
    body: HtmlElement,
    keys: Keys,
    shown: Shown,
    zone: Zone,
    /// Counts the lists that were to be shown.
    lists: Memo<u64>,
    /// Counts what has the rows drawn anew besides what they tell.
    moves: RwSignal<u64>,
}

struct State {
    rows: Vec<Row>,
    /// Which of the list are near what can be seen.
    span: Span,
    /// From where to where rows can be seen, in pixels from the list's start.
    view: (f64, f64),
    /// Which list the rows are of.
    list: u64,
    /// Whether those around what can be seen are still to come.
    is_scant: bool,
    /// The row that has the focus or had it last. It stays, so that the focus does, or finds back from a dialog; and so
    /// do its neighbours, so that Tab leads from it to them.
    focus: Option<Uuid>,
    heights: Heights,
    /// In which zone the rows tell their dates.
    zone: String,
}

/// The table's body. `act` is told which row was clicked, and where.
#[must_use]
pub fn rows(body: El, blank: El, keys: Keys, shown: Shown, act: impl Fn(&Arc<Told>, &Event) + 'static) -> El {
    let Ok(element) = body.element().clone().dyn_into::<HtmlElement>() else {
        return body;
    };
    let rows = Rows {
        state: Rc::new(RefCell::new(State {
            rows: Vec::new(),
            span: Span::default(),
            view: (0.0, inner_height()),
            list: 0,
            is_scant: false,
            focus: None,
            heights: Heights::default(),
            zone: String::new(),
        })),
        body: element,
        keys,
        shown,
        zone: use_zone(),
        lists: Memo::new(move |before| {
            shown.track();
            before.copied().unwrap_or_default() + 1
        }),
        moves: RwSignal::new(0),
    };
    rows.clone().follow_window();
    let (focused, clicked) = (rows.clone(), rows.clone());
    body.on("focusin", move |event| focused.focus(&event))
        .on("click", move |event| {
            if let Some(told) = clicked.row_of(&event) {
                act(&told, &event);
            }
        })
        .following(move || rows.paint(&blank))
}

impl Rows {
    fn follow_window(self) {
        let rows = StoredValue::new_local(self);
        let scroll = window_event_listener(ev::scroll, move |_| {
            rows.try_with_value(Self::look);
        });
        let resize = window_event_listener(ev::resize, move |_| {
            rows.try_with_value(|rows| {
                rows.state.borrow_mut().heights.forget();
                rows.moves.update(|moves| *moves += 1);
                rows.look();
            });
        });
        on_cleanup(move || {
            scroll.remove();
            resize.remove();
        });
    }

    /// What of the list can be seen.
    fn look(&self) {
        if !self.body.is_connected() {
            return;
        }
        let top = -self.body.get_bounding_client_rect().top();
        let from = (top / STEP).floor() * STEP;
        let to = ((top + inner_height()) / STEP).ceil() * STEP;
        let before = std::mem::replace(&mut self.state.borrow_mut().view, (from, to));
        if before != (from, to) {
            self.moves.update(|moves| *moves += 1);
        }
    }

    /// Draws what is to be seen. A row that stays is not touched but where it tells something else; one that is not
    /// needed any more tells of another key, since that costs far less than a new one.
    fn paint(&self, blank: &El) {
        self.moves.track();
        self.keys.ticks.track();
        let saving = self.keys.saving.get();
        // Another zone has all dates told anew.
        let zone = self.zone.name();
        let now = self.keys.now();
        let list = self.lists.get();
        let mut state = self.state.borrow_mut();
        let is_other = std::mem::replace(&mut state.list, list) != list;
        let anew = std::mem::replace(&mut state.zone, zone.clone()) != zone;
        let mut until = None;
        self.shown.with(|shown| {
            let above = state.span.above;
            state.is_scant |= is_other;
            let mut places = state.places(shown);
            if is_other && places.iter().all(|place| state.has_drawn(&shown[*place])) {
                state.is_scant = false;
                places = state.places(shown);
            }
            let has_scrolled = above.to_bits() != state.span.above.to_bits();
            let mut old = std::mem::take(&mut state.rows);
            let is_wanted = |row: &Row| places.iter().any(|place| shown[*place].view.id == row.id());
            let (mut stay, mut spare): (Vec<Row>, Vec<Row>) = old.drain(..).partition(is_wanted);
            let focused = document().active_element();
            spare.retain(|row| {
                // The focus does not go over to another key.
                let is_free = !row.element().contains(focused.as_deref());
                // What is taken out and put in elsewhere has not shifted; it would have, had it stayed in for that.
                if !is_free || has_scrolled {
                    row.element().remove();
                }
                is_free
            });
            let mut next = self.body.first_element_child();
            for place in places {
                let told = &shown[place];
                let known = stay.iter().position(|row| row.id() == told.view.id);
                let passing = Passing::of(&told.view, now);
                until = until.into_iter().chain(passing.until).min();
                let face = Face {
                    told: told.clone(),
                    passing,
                    place,
                    away: (!state.span.rows.contains(&place)).then(|| state.top(shown, place)),
                    is_saving: saving.contains(&told.view.id),
                };
                let is_next = |row: &Row| next.as_ref() == Some(row.element());
                let row = match known {
                    Some(known) => Some(stay.remove(known)),
                    None => {
                        let here = spare.iter().position(is_next).or(spare.len().checked_sub(1));
                        here.map(|here| spare.remove(here))
                    }
                };
                let row = match row {
                    Some(mut row) => {
                        row.tell(face, self.zone, anew);
                        row
                    }
                    None => Row::new(blank, face, self.zone),
                };
                // Whatever stays is not moved, since that would take the focus from it: what is spare before it goes in
                // the end.
                while known.is_some() && spare.iter().any(|spare| next.as_ref() == Some(spare.element())) {
                    next = next.and_then(|next| next.next_element_sibling());
                }
                if next.as_ref() == Some(row.element()) {
                    next = row.element().next_element_sibling();
                } else {
                    let _ = self.body.insert_before(row.element(), next.as_deref());
                }
                state.rows.push(row);
            }
            for row in spare {
                row.element().remove();
            }
        });
        set_pixels(&self.body, "--above", state.span.above);
        set_pixels(&self.body, "--below", state.span.below);
        self.keys.wake(until);
        let rows = self.clone();
        // By then layout is due anyway, and nothing is painted yet.
        request_animation_frame(move || rows.settle());
    }

    /// Measures the rows, and reads on where the list's end is near.
    fn settle(&self) {
        if !self.body.is_connected() {
            return;
        }
        let (shift, is_news) = self.state.borrow_mut().measure();
        if shift.abs() >= 1.0 {
            window().scroll_by_with_x_and_y(0.0, shift);
        }
        if is_news {
            self.moves.update(|moves| *moves += 1);
        }
        self.look();
        if self.state.borrow().is_scant {
            let (rows, list) = (self.clone(), self.state.borrow().list);
            // By then the frame is painted.
            set_timeout(move || rows.complete(list), Duration::ZERO);
        }
        let end = self.state.borrow().span.rows.end;
        if end + AHEAD >= self.shown.with_untracked(Vec::len) {
            self.keys.read_on();
        }
    }

    /// Draws the rows around those that can be seen, unless another list has come meanwhile, which sees to its own.
    fn complete(&self, list: u64) {
        if self.state.borrow().list != list {
            return;
        }
        let was_scant = std::mem::take(&mut self.state.borrow_mut().is_scant);
        if was_scant && self.body.is_connected() {
            self.moves.update(|moves| *moves += 1);
        }
    }

    fn focus(&self, event: &Event) {
        let row = self.row_of(event).map(|told| told.view.id);
        let before = std::mem::replace(&mut self.state.borrow_mut().focus, row);
        if before != row {
            self.moves.update(|moves| *moves += 1);
        }
    }

    fn row_of(&self, event: &Event) -> Option<Arc<Told>> {
        let target = event.target()?.dyn_into::<Element>().ok()?;
        let state = self.state.borrow();
        let row = state
            .rows
            .iter()
            .find(|row| row.element().contains(Some(&target)));
        row.map(|row| row.face().told.clone())
    }
}

impl State {
    /// The places in the list of all rows that are to be drawn, in order.
    fn places(&mut self, shown: &[Arc<Told>]) -> Vec<usize> {
        let margin = if self.is_scant { 0.0 } else { MARGIN };
        let (from, to) = (self.view.0 - margin, self.view.1 + margin);
        self.span = self.heights.span(shown.iter().map(|key| key.view.id), from, to);
        let span = self.span.rows.clone();
        let focus = self.focus;
        let focus = focus.and_then(|focus| shown.iter().position(|key| key.view.id == focus));
        let near = focus.map_or(0..0, |place| place.saturating_sub(1)..shown.len().min(place + 2));
        let before = near.clone().filter(|place| *place < span.start);
        let behind = near.filter(|place| *place >= span.end.max(span.start));
        before.chain(span.clone()).chain(behind).collect()
    }

    /// Whether the document has a row of that key.
    fn has_drawn(&self, key: &Told) -> bool {
        self.rows.iter().any(|row| row.id() == key.view.id)
    }

    /// How far from the list's start that row stands.
    fn top(&self, shown: &[Arc<Told>], place: usize) -> f64 {
        let before = shown.iter().take(place);
        before.map(|key| self.heights.of(key.view.id)).sum()
    }

    /// Says how far what can be seen has moved because rows above it are not as high as was thought, and whether that
    /// is news.
    fn measure(&mut self) -> (f64, bool) {
        let span = self.span.rows.clone();
        let rows = self.rows.iter().filter(|row| span.contains(&row.face().place));
        let top = |row: &Row| (row.id(), row.element().get_bounding_client_rect().top());
        let tops: Vec<(Uuid, f64)> = rows.map(top).collect();
        let mut thought = tops.first().map_or(0.0, |(_, top)| *top);
        let mut shift = 0.0;
        for (id, top) in &tops {
            shift = top - thought;
            thought += self.heights.of(*id);
            if thought > 0.0 {
                break;
            }
        }
        let heights: Vec<(Uuid, f64)> = tops
            .windows(2)
            .map(|pair| (pair[0].0, pair[1].1 - pair[0].1))
            .collect();
        (shift, self.heights.learn(&heights))
    }
}

fn inner_height() -> f64 {
    let height = window().inner_height().ok();
    height.and_then(|height| height.as_f64()).unwrap_or(1000.0)
}
