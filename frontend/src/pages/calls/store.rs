//! List of calls, and its refreshes.

use std::collections::HashMap;

use leptos::prelude::*;
use leptos::task::spawn_local_scoped_with_cancellation;
use ori_shared::call::{CallPage, CallView};
use uuid::Uuid;

use super::call_filter::CallFilter;
use crate::api::{self, ApiError};
use crate::hooks::Remote;
use crate::state::session::{Session, use_session};
use crate::state::zone::{Zone, use_zone};

/// Number of calls per page.
const PAGE: usize = 50;
/// Maximum number of calls that the server returns at once.
const MAX_PAGE: usize = 1000;

/// Loaded calls.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listed {
    /// Newest first.
    pub ids: Vec<Uuid>,
    /// Cursor of the next page, if there is one.
    pub next: Option<Uuid>,
}

/// The Call Log's list.
#[derive(Clone, Copy)]
pub struct CallList {
    /// Loading, failed, or the loaded calls.
    pub state: RwSignal<Remote<Listed>>,
    /// Whether the next page is being read.
    pub is_reading_on: RwSignal<bool>,
    views: StoredValue<HashMap<Uuid, ArcRwSignal<CallView>>>,
    /// Number of the last request: a response to an older one is discarded.
    request: StoredValue<u32>,
    is_refreshing: StoredValue<bool>,
    filter: CallFilter,
    zone: Zone,
    session: Session,
    owner: StoredValue<Owner>,
}

impl CallList {
    /// Creates a list of the filter's calls, which is read again whenever the filter changes.
    #[must_use]
    pub fn new(filter: CallFilter) -> Self {
        let list = Self {
            state: RwSignal::default(),
            is_reading_on: RwSignal::default(),
            views: StoredValue::default(),
            request: StoredValue::default(),
            is_refreshing: StoredValue::default(),
            filter,
            zone: use_zone(),
            session: use_session(),
            owner: StoredValue::new(Owner::current().unwrap_or_default()),
        };
        Effect::new(move |_| {
            filter.criteria.track();
            list.zone.name();
            untrack(|| list.reload());
        });
        list
    }

    /// Returns a loaded call.
    #[must_use]
    pub fn view(self, id: Uuid) -> Option<ArcRwSignal<CallView>> {
        self.views.with_value(|views| views.get(&id).cloned())
    }

    /// Returns `12 calls`, or `50+ calls` if not all are loaded; empty if there are none.
    #[must_use]
    pub fn count(self) -> String {
        self.state.with(|state| match state.value() {
            Some(Listed { ids, next }) if !ids.is_empty() => {
                let plus = if next.is_some() { "+" } else { "" };
                format!(
                    "{}{plus} call{}",
                    ids.len(),
                    if ids.len() == 1 { "" } else { "s" }
                )
            }
            _ => String::new(),
        })
    }

    /// Returns whether more calls can be loaded.
    #[must_use]
    pub fn has_more(self) -> bool {
        self.state
            .with(|state| state.value().is_some_and(|listed| listed.next.is_some()))
    }

    /// Reads the list from the start. The rows on screen stay until the response arrives.
    pub fn reload(self) {
        self.request
            .update_value(|request| *request = request.wrapping_add(1));
        if !self.state.with_untracked(Remote::is_ready) {
            self.state.set(Remote::Loading);
        }
        self.is_reading_on.set(false);
        self.read_from(None, Vec::new(), PAGE);
    }

    /// Reads the loaded rows again, and new calls.
    pub fn refresh(self) {
        let Some(known) = self.state.with_untracked(|state| state.value().cloned()) else {
            return;
        };
        if self.is_refreshing.get_value() || self.is_reading_on.get_untracked() {
            return;
        }
        self.is_refreshing.set_value(true);
        // Includes a margin for new calls, so that one response reaches the last row.
        let limit = (known.ids.len() + PAGE).min(MAX_PAGE);
        self.request(limit, None, move |page| {
            // The next page may have been loaded meanwhile.
            let known = self
                .state
                .with_untracked(|state| state.value().cloned())
                .unwrap_or_default();
            let read = self.store(page.items);
            self.put(merge(&known, read, page.next_cursor));
        });
    }

    /// Reads the next page.
    pub fn read_on(self) {
        let Some(Listed {
            ids,
            next: Some(next),
        }) = self.state.with_untracked(|state| state.value().cloned())
        else {
            return;
        };
        if !self.is_reading_on.get_untracked() {
            self.is_reading_on.set(true);
            self.read_from(Some(next), ids, PAGE);
        }
    }

    /// Reads pages until `wanted` rows are added: with several filters, the server may return few calls or none
    /// although there are more.
    fn read_from(self, cursor: Option<Uuid>, mut ids: Vec<Uuid>, wanted: usize) {
        self.request(wanted, cursor, move |page| {
            let mut read = self.store(page.items);
            let wanted = wanted.saturating_sub(read.len());
            read.retain(|id| !ids.contains(id));
            ids.extend(read);
            let next = page.next_cursor;
            let is_done = wanted == 0 || next.is_none();
            self.is_reading_on.set(!is_done);
            if is_done || !ids.is_empty() {
                self.put(Listed {
                    ids: ids.clone(),
                    next,
                });
            }
            if !is_done {
                self.read_from(next, ids, wanted);
            }
        });
    }

    fn request(self, limit: usize, cursor: Option<Uuid>, then: impl FnOnce(CallPage) + 'static) {
        let request = self.request.get_value();
        let filter = untrack(|| {
            self.filter
                .criteria
                .with(|criteria| criteria.for_server(self.zone))
        });
        let Some(owner) = self.owner.try_get_value() else {
            return;
        };
        owner.with(|| {
            spawn_local_scoped_with_cancellation(async move {
                let answer = api::calls::list(&filter, limit, cursor).await;
                self.is_refreshing.set_value(false);
                if self.request.get_value() != request {
                    return;
                }
                match answer {
                    Ok(page) => then(page),
                    Err(error) => self.fail(error),
                }
            });
        });
    }

    fn fail(self, error: ApiError) {
        self.is_reading_on.set(false);
        if !self.session.ended_by(&error) {
            self.state.update(|state| state.settle(Err(error)));
        }
    }

    /// Stores the calls, row by row, and returns their ids.
    fn store(self, items: Vec<CallView>) -> Vec<Uuid> {
        let store = |view: CallView| {
            let id = view.call_id;
            match self.view(id) {
                Some(known) if known.with_untracked(|known| *known == view) => {}
                Some(known) => known.set(view),
                None => self
                    .views
                    .update_value(|views| drop(views.insert(id, ArcRwSignal::new(view)))),
            }
            id
        };
        items.into_iter().map(store).collect()
    }

    fn put(self, listed: Listed) {
        let fresh = Remote::ready(listed);
        if self.state.with_untracked(|state| *state != fresh) {
            self.state.set(fresh);
        }
    }
}

/// Returns the rows after a refresh. `read` contains all calls from the newest down to `next`; the last known row stays
/// the last.
fn merge(known: &Listed, mut read: Vec<Uuid>, next: Option<Uuid>) -> Listed {
    let last = known.ids.last().copied();
    if let Some(end) = read.iter().position(|id| Some(*id) == last) {
        // Rows after the last known one were not requested yet, unless that row was the end.
        let has_more = end + 1 < read.len() || next.is_some();
        read.truncate(end + 1);
        return Listed {
            ids: read,
            next: last.filter(|_| has_more),
        };
    }
    // Ids sort like the list. A response that ends amid the known rows leaves the rest unchanged.
    match next {
        Some(end) if known.ids.first().is_some_and(|first| end <= *first) => {
            let count = read.len();
            read.extend(known.ids.iter().filter(|id| **id < end));
            let next = if read.len() > count { known.next } else { next };
            Listed { ids: read, next }
        }
        _ => Listed { ids: read, next },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: u128) -> Uuid {
        Uuid::from_u128(number)
    }

    fn ids(numbers: &[u128]) -> Vec<Uuid> {
        numbers.iter().copied().map(id).collect()
    }

    fn listed(numbers: &[u128], next: Option<u128>) -> Listed {
        Listed {
            ids: ids(numbers),
            next: next.map(id),
        }
    }

    #[test]
    fn a_refresh_is_merged_with_the_rows_on_screen() {
        for (what, known, read, next, merged) in [
            (
                "new rows stand first and the last row stays the last",
                listed(&[9, 8, 7], Some(7)),
                &[10, 9, 8, 7, 6][..],
                Some(6),
                listed(&[10, 9, 8, 7], Some(7)),
            ),
            (
                "the end stays the end",
                listed(&[9, 8, 7], None),
                &[10, 9, 8, 7],
                None,
                listed(&[10, 9, 8, 7], None),
            ),
            (
                "rows that no longer match go",
                listed(&[9, 8, 7], None),
                &[9],
                None,
                listed(&[9], None),
            ),
            (
                "the last match goes",
                listed(&[9], None),
                &[],
                None,
                listed(&[], None),
            ),
            (
                "an answer that ends amid the rows leaves the rest",
                listed(&[9, 8, 7, 6, 5], Some(5)),
                &[10, 9, 8],
                Some(8),
                listed(&[10, 9, 8, 7, 6, 5], Some(5)),
            ),
            (
                "an answer that looked at fewer rows than are known leaves the rest",
                listed(&[9, 8, 3], Some(1)),
                &[10, 8],
                Some(6),
                listed(&[10, 8, 3], Some(1)),
            ),
            (
                "an empty page has a cursor",
                listed(&[9], None),
                &[],
                Some(6),
                listed(&[], Some(6)),
            ),
            (
                "more new rows than one answer holds begin the list again",
                listed(&[9, 8], None),
                &[30, 29, 28],
                Some(28),
                listed(&[30, 29, 28], Some(28)),
            ),
            (
                "the first rows",
                listed(&[], None),
                &[2, 1],
                None,
                listed(&[2, 1], None),
            ),
        ] {
            assert_eq!(merge(&known, ids(read), next.map(id)), merged, "{what}");
        }
    }
}
