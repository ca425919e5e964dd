//! The calls: read, kept fresh.

use std::collections::HashMap;

use ori_shared::call::{CallPage, CallView};
use uuid::Uuid;

use super::query::Query;
use crate::api::{self, ApiError};
use crate::reactive::*;
use crate::state::session::{Session, use_session};
use crate::state::task::start_here;
use crate::state::zone::{Zone, use_zone};

/// How many calls are read at once.
const PIECE: usize = 50;
/// The most that the server tells at once.
const MOST: usize = 1000;

/// How the list stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Load {
    /// It has not been read yet.
    Reading,
    /// It could not be read.
    Failed(ApiError),
    /// It is there.
    Ready,
}

/// The calls that are asked for, as far as they were read.
#[derive(Clone, Copy)]
pub struct Calls {
    /// Newest first.
    pub ids: RwSignal<Vec<Uuid>>,
    /// How the list stands.
    pub load: RwSignal<Load>,
    /// Where to read on, if there is more.
    pub more: RwSignal<Option<Uuid>>,
    /// Whether more is being read.
    pub reading_more: RwSignal<bool>,
    /// Why the list is not fresh. What was read last stays on screen.
    pub stale: RwSignal<Option<String>>,
    views: StoredValue<HashMap<Uuid, ArcRwSignal<CallView>>>,
    /// Counts what was asked for: an answer to an older question is not news.
    asked: StoredValue<u32>,
    refreshing: StoredValue<bool>,
    query: Query,
    zone: Zone,
    session: Session,
    owner: StoredValue<Owner>,
}

impl Calls {
    /// The calls that `query` asks for, read whenever it asks for others. Make it in a component.
    #[must_use]
    pub fn new(query: Query) -> Self {
        let this = Self {
            ids: RwSignal::default(),
            load: RwSignal::new(Load::Reading),
            more: RwSignal::default(),
            reading_more: RwSignal::default(),
            stale: RwSignal::default(),
            views: StoredValue::default(),
            asked: StoredValue::default(),
            refreshing: StoredValue::default(),
            query,
            zone: use_zone(),
            session: use_session(),
            owner: StoredValue::new(Owner::current().unwrap_or_default()),
        };
        follow(move || {
            query.wanted.track();
            this.zone.name();
            untrack(|| this.read_again());
        });
        this
    }

    /// A call that was read.
    #[must_use]
    pub fn view(self, id: Uuid) -> Option<ArcRwSignal<CallView>> {
        self.views.with_value(|views| views.get(&id).cloned())
    }

    /// Reads from the start what is asked for now. What was on screen stays until the answer is there, unless nothing
    /// was.
    pub fn read_again(self) {
        self.asked.update_value(|asked| *asked = asked.wrapping_add(1));
        if self.load.with_untracked(|load| *load != Load::Ready) {
            self.load.set(Load::Reading);
        }
        self.reading_more.set(false);
        self.read_on(None, Vec::new(), PIECE);
    }

    /// Reads anew what is on screen, and what came since.
    pub fn refresh(self) {
        let ready = self.load.with_untracked(|load| *load == Load::Ready);
        if !ready || self.refreshing.get_value() || self.reading_more.get_untracked() {
            return;
        }
        self.refreshing.set_value(true);
        // Room for what came since, so that one answer reaches the last row that is on screen.
        let limit = (self.ids.with_untracked(Vec::len) + PIECE).min(MOST);
        self.ask(limit, None, move |page| {
            // As it is by now: more may have been read meanwhile.
            let known = self.ids.get_untracked();
            let told = self.keep(page.items);
            let (ids, more) = merge(&known, self.more.get_untracked(), told, page.next_cursor);
            self.put(ids, more);
            self.load.set(Load::Ready);
        });
    }

    /// Reads on.
    pub fn read_more(self) {
        let Some(cursor) = self.more.get_untracked() else {
            return;
        };
        if self.reading_more.get_untracked() {
            return;
        }
        self.reading_more.set(true);
        self.read_on(Some(cursor), self.ids.get_untracked(), PIECE);
    }

    /// Reads on until there are so many rows more: where several things are asked for, the server may tell of few calls
    /// at once, even of none, and yet there are more.
    fn read_on(self, cursor: Option<Uuid>, mut ids: Vec<Uuid>, wanted: usize) {
        self.ask(wanted, cursor, move |page| {
            let told = self.keep(page.items);
            let wanted = wanted.saturating_sub(told.len());
            let known = ids.len();
            ids.extend(
                told.into_iter()
                    .filter(|id| !ids[..known].contains(id))
                    .collect::<Vec<_>>(),
            );
            let is_done = wanted == 0 || page.next_cursor.is_none();
            self.reading_more.set(!is_done);
            if is_done || !ids.is_empty() {
                self.put(ids.clone(), page.next_cursor);
                self.load.set(Load::Ready);
            }
            if !is_done {
                self.read_on(page.next_cursor, ids, wanted);
            }
        });
    }

    fn ask(self, limit: usize, cursor: Option<Uuid>, then: impl FnOnce(CallPage) + 'static) {
        let asked = self.asked.get_value();
        let filter = self
            .query
            .wanted
            .with_untracked(|wanted| untrack(|| wanted.for_server(self.zone)));
        let then: Box<dyn FnOnce(CallPage)> = Box::new(then);
        self.owner.get_value().with(|| {
            start_here(async move {
                let answer = api::calls::list(&filter, limit, cursor).await;
                self.refreshing.set_value(false);
                if self.asked.get_value() != asked {
                    return;
                }
                match answer {
                    Ok(page) => {
                        then(page);
                        self.set_stale(None);
                    }
                    Err(error) => self.failed(error),
                }
            });
        });
    }

    fn failed(self, error: ApiError) {
        self.reading_more.set(false);
        if self.session.ended_by(&error) {
            return;
        }
        if self.load.with_untracked(|load| *load == Load::Ready) {
            self.set_stale(Some(error.sentence()));
        } else {
            self.load.set(Load::Failed(error));
        }
    }

    fn set_stale(self, why: Option<String>) {
        if self.stale.with_untracked(|old| *old != why) {
            self.stale.set(why);
        }
    }

    /// Takes over what was told of calls, row by row, and returns their ids.
    fn keep(self, items: Vec<CallView>) -> Vec<Uuid> {
        items
            .into_iter()
            .map(|view| {
                let id = view.call_id;
                match self.view(id) {
                    Some(known) if known.with_untracked(|known| *known == view) => {}
                    Some(known) => known.set(view),
                    None => self.views.update_value(|views| {
                        views.insert(id, ArcRwSignal::new(view));
                    }),
                }
                id
            })
            .collect()
    }

    fn put(self, ids: Vec<Uuid>, more: Option<Uuid>) {
        if self.ids.with_untracked(|old| *old != ids) {
            self.ids.set(ids);
        }
        if self.more.get_untracked() != more {
            self.more.set(more);
        }
    }
}

/// The rows after a refresh, and where to read on. `told` begins with the newest and holds all down to `next`; the last
/// row that was known stays the last.
fn merge(
    known: &[Uuid],
    known_more: Option<Uuid>,
    mut told: Vec<Uuid>,
    next: Option<Uuid>,
) -> (Vec<Uuid>, Option<Uuid>) {
    let last = known.last().copied();
    if let Some(end) = told.iter().position(|id| Some(*id) == last) {
        // What follows the last known row was not asked for yet, unless that row was the end.
        let rest = end + 1 < told.len() || next.is_some();
        told.truncate(end + 1);
        return (told, last.filter(|_| rest));
    }
    // Ids sort as the list does. An answer that ends amid what is known leaves the rest as it was.
    match next {
        Some(next) if known.first().is_some_and(|first| next <= *first) => {
            let rest = known.iter().filter(|id| **id < next);
            let count = told.len();
            told.extend(rest);
            let more = if told.len() > count {
                known_more
            } else {
                Some(next)
            };
            (told, more)
        }
        next => (told, next),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(numbers: &[u128]) -> Vec<Uuid> {
        numbers.iter().map(|number| Uuid::from_u128(*number)).collect()
    }

    #[test]
    fn what_came_since_stands_first_and_the_last_row_stays_the_last() {
        let end = Some(Uuid::from_u128(7));
        assert_eq!(
            merge(
                &ids(&[9, 8, 7]),
                end,
                ids(&[10, 9, 8, 7, 6]),
                Some(Uuid::from_u128(6))
            ),
            (ids(&[10, 9, 8, 7]), end)
        );
        assert_eq!(
            merge(&ids(&[9, 8, 7]), None, ids(&[10, 9, 8, 7]), None),
            (ids(&[10, 9, 8, 7]), None)
        );
    }

    #[test]
    fn rows_that_no_longer_fit_the_filter_go() {
        assert_eq!(merge(&ids(&[9, 8, 7]), None, ids(&[9]), None), (ids(&[9]), None));
        assert_eq!(merge(&ids(&[9]), None, Vec::new(), None), (Vec::new(), None));
    }

    #[test]
    fn an_answer_that_ends_amid_the_rows_leaves_the_rest() {
        let more = Some(Uuid::from_u128(5));
        assert_eq!(
            merge(
                &ids(&[9, 8, 7, 6, 5]),
                more,
                ids(&[10, 9, 8]),
                Some(Uuid::from_u128(8))
            ),
            (ids(&[10, 9, 8, 7, 6, 5]), more)
        );
    }

    #[test]
    fn an_answer_that_looked_at_less_than_is_known_leaves_the_rest() {
        let (more, next) = (Some(Uuid::from_u128(1)), Some(Uuid::from_u128(6)));
        assert_eq!(
            merge(&ids(&[9, 8, 3]), more, ids(&[10, 8]), next),
            (ids(&[10, 8, 3]), more)
        );
        assert_eq!(merge(&ids(&[9]), None, Vec::new(), next), (Vec::new(), next));
    }

    #[test]
    fn more_new_rows_than_one_answer_holds_begin_the_list_anew() {
        let told = ids(&[30, 29, 28]);
        assert_eq!(
            merge(&ids(&[9, 8]), None, told.clone(), Some(Uuid::from_u128(28))),
            (told, Some(Uuid::from_u128(28)))
        );
        assert_eq!(merge(&[], None, ids(&[2, 1]), None), (ids(&[2, 1]), None));
    }
}
