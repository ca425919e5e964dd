//! Reading the list from the server, page by page.

use std::sync::Arc;
use std::time::Duration;

use leptos::prelude::*;
use leptos::task::spawn_local_scoped_with_cancellation;
use ori_shared::api_key::ApiKeyView;
use ori_shared::page::{MAX_LIMIT, Page};

use super::key_entry::KeyEntry;
use super::store::{KeyList, Totals};
use crate::api::ApiError;
use crate::api::keys::{self as api, KeyQuery};
use crate::hooks::Remote;
use crate::hooks::timer::{Timer, use_timer};

/// Maximum number of keys that the console holds completely, and searches and sorts itself. If there are more, the
/// server searches and sorts, and the list is read on while a person scrolls.
const HELD_MAX: u64 = 10_000;
/// The first page is small, so that it is on screen at once.
const FIRST_LIMIT: u32 = 100;
/// Keys that are read while a person scrolls.
const NEXT_LIMIT: u32 = 200;
/// Pause in typing after which the server is queried.
const PAUSE: Duration = Duration::from_millis(150);

/// State of the requests for the list.
#[derive(Clone, Copy)]
pub(super) struct Reader {
    state: StoredValue<State>,
    pause: Timer,
}

#[derive(Clone, Default)]
struct State {
    query: KeyQuery,
    /// Query of the current list.
    answered: KeyQuery,
    /// Cursor of the next page.
    cursor: Option<String>,
    /// Counts local changes: a list that was requested before the last one is discarded.
    changes: u32,
    /// Owner of the request in flight. Its cleanup aborts the request.
    task: Option<Owner>,
    /// Whether another refresh was requested meanwhile.
    again: bool,
    owner: Owner,
}

impl Reader {
    pub(super) fn new() -> Self {
        Self {
            state: StoredValue::new(State {
                owner: Owner::current().unwrap_or_default(),
                ..State::default()
            }),
            pause: use_timer(),
        }
    }

    pub(super) fn note_change(self) {
        self.update(|state| state.changes = state.changes.wrapping_add(1));
    }

    fn state(self) -> State {
        self.state.get_value()
    }

    fn update(self, change: impl FnOnce(&mut State)) {
        self.state.update_value(change);
    }

    /// Aborts the request in flight.
    fn stop(self) {
        self.pause.stop();
        if let Some(task) = self.state().task {
            task.cleanup();
        }
        self.update(|state| (state.task, state.again) = (None, false));
    }

    /// Starts a task that ends with the list, so that signing out aborts the request.
    fn start(self, task: impl Future<Output = ()> + 'static) {
        self.stop();
        let owner = self.state().owner.child();
        self.update(|state| state.task = Some(owner.clone()));
        owner.with(|| spawn_local_scoped_with_cancellation(task));
    }
}

impl KeyList {
    /// Opens the page with a query.
    pub fn open(self, query: KeyQuery) {
        self.reader.update(|state| state.query = query);
        self.is_searching.set(false);
        self.reload();
    }

    /// Closes the page and aborts the request in flight.
    pub fn close(self) {
        if !self.is_gone() {
            self.reader.stop();
        }
    }

    /// Reads the list from the start and shows that it is loading.
    pub fn reload(self) {
        self.totals.set(Remote::Loading);
        self.refresh();
    }

    /// Reads the list again; the rows on screen stay until the response arrives. Only one refresh runs at a time;
    /// another one follows it.
    pub fn refresh(self) {
        if self.is_gone() {
            return;
        }
        if self.reader.state().task.is_some() {
            self.reader.update(|state| state.again = true);
        } else {
            self.read(true);
        }
    }

    /// Searches and sorts by another query. A query for the server is sent after a pause in typing, and the response to
    /// the previous query is not awaited.
    pub fn ask(self, query: KeyQuery) {
        let before = self.reader.state().query;
        if before == query {
            return;
        }
        let is_typed = before.search != query.search;
        self.reader.update(|state| state.query = query);
        if self.by_server.get_untracked() {
            self.reader.stop();
            self.is_searching.set(true);
            let pause = if is_typed { PAUSE } else { Duration::ZERO };
            self.reader.pause.start(pause, move || self.read(false));
        }
    }

    /// Reads the next page, if there is one.
    pub fn read_on(self) {
        let State {
            answered,
            cursor: Some(cursor),
            task: None,
            ..
        } = self.reader.state()
        else {
            return;
        };
        if self.is_searching.get_untracked() {
            return;
        }
        self.reader.start(async move {
            let outcome = self.read_next(&answered, cursor).await;
            self.finish(outcome);
        });
    }

    async fn read_next(self, query: &KeyQuery, mut cursor: String) -> Result<(), ApiError> {
        loop {
            let page = api::list(query, Some(&cursor), NEXT_LIMIT).await?;
            self.reader
                .update(|state| state.cursor.clone_from(&page.next_cursor));
            let is_empty = page.items.is_empty();
            self.append(page.items);
            match page.next_cursor {
                Some(next) if is_empty => cursor = next,
                _ => return Ok(()),
            }
        }
    }

    /// Appends a page. Keys that were created meanwhile shift the pages; none is listed twice.
    fn append(self, mut items: Vec<ApiKeyView>) {
        self.entries.update(|keys| {
            items.retain(|view| keys.iter().all(|known| known.view.id != view.id));
            extend(keys, items);
        });
    }

    fn read(self, count: bool) {
        self.reader.start(async move {
            let outcome = loop {
                match self.read_list(count).await {
                    Ok(Progress::Outdated) => {}
                    Ok(Progress::Done) => break Ok(()),
                    Err(error) => break Err(error),
                }
            };
            self.finish(outcome);
        });
    }

    fn finish(self, outcome: Result<(), ApiError>) {
        let again = self.reader.state().again;
        self.reader
            .update(|state| (state.task, state.again) = (None, false));
        if again {
            return self.refresh();
        }
        self.is_searching.set(false);
        if let Err(error) = outcome {
            self.fail(error);
        }
    }

    async fn read_list(self, count: bool) -> Result<Progress, ApiError> {
        let State {
            query,
            answered,
            changes,
            ..
        } = self.reader.state();
        let is_first = !self.totals.with_untracked(Remote::is_ready);
        let Some(First {
            mut page,
            mut totals,
            query,
            by_server,
        }) = self.read_first(query, changes, count).await?
        else {
            return Ok(Progress::Outdated);
        };
        let wanted = match by_server {
            false => usize::MAX,
            // As many as before, so that the scroll position stays.
            true if !is_first && answered == query => self.entries.with_untracked(Vec::len),
            // The first page of a search may be empty, and more may follow.
            true => 1,
        };
        let mut keys = Vec::new();
        extend(&mut keys, page.items);
        self.by_server.set(by_server);
        // The newest keys are shown at once. In another order, the first ones are known only at the end.
        let shows_pages =
            is_first && (by_server || self.reader.state().query.sort == KeyQuery::default().sort);
        if shows_pages {
            self.put(keys.clone());
            self.totals.set(Remote::ready(totals.clone()));
        }
        while let Some(cursor) = &page.next_cursor
            && keys.len() < wanted
        {
            let Some(next) = self.read_page(&query, Some(cursor), MAX_LIMIT, changes).await? else {
                return Ok(Progress::Outdated);
            };
            page = next;
            extend(&mut keys, page.items);
            if shows_pages {
                self.put(keys.clone());
            }
        }
        if by_server && self.reader.state().query != query {
            return Ok(Progress::Outdated);
        }
        self.reader.update(|state| {
            state.cursor = page.next_cursor;
            state.answered = query;
        });
        self.put(keys);
        totals.is_complete = true;
        self.totals.set(Remote::ready(totals));
        Ok(Progress::Done)
    }

    /// Reads the first page, and the number of keys if `count`. The number decides whether the server searches.
    ///
    /// A list that is held completely is always read newest first, an order that does not change under its pages.
    async fn read_first(self, query: KeyQuery, changes: u32, count: bool) -> Result<Option<First>, ApiError> {
        let everything = KeyQuery::default();
        let mut totals = self
            .totals
            .with_untracked(|totals| totals.value().cloned())
            .unwrap_or_default();
        totals.is_complete = false;
        if count || query == everything {
            let Some(page) = self.read_page(&everything, None, FIRST_LIMIT, changes).await? else {
                return Ok(None);
            };
            (totals.all, totals.all_is_exact) = (page.total, page.total_is_exact);
            let by_server = page.total > HELD_MAX;
            if !by_server || query == everything {
                (totals.found, totals.found_is_exact) = (page.total, page.total_is_exact);
                return Ok(Some(First {
                    page,
                    totals,
                    query: everything,
                    by_server,
                }));
            }
        }
        let page = self.read_page(&query, None, FIRST_LIMIT, changes).await?;
        Ok(page.map(|page| {
            (totals.found, totals.found_is_exact) = (page.total, page.total_is_exact);
            First {
                page,
                totals,
                query,
                by_server: true,
            }
        }))
    }

    /// Reads a page; returns `None` after a local change.
    async fn read_page(
        self,
        query: &KeyQuery,
        cursor: Option<&str>,
        limit: u32,
        changes: u32,
    ) -> Result<Option<Page<ApiKeyView>>, ApiError> {
        let page = api::list(query, cursor, limit).await?;
        self.clock.correct(page.server_time);
        Ok((self.reader.state().changes == changes).then_some(page))
    }

    fn fail(self, error: ApiError) {
        if self.session.ended_by(&error) {
            return;
        }
        let State { query, answered, .. } = self.reader.state();
        let is_answer = !self.by_server.get_untracked() || answered == query;
        if is_answer && self.totals.with_untracked(Remote::is_ready) {
            self.toasts
                .failure(format!("Couldn’t refresh the list. {}", error.sentence()));
        } else {
            self.totals.set(Remote::Failed(error));
        }
    }
}

enum Progress {
    Done,
    /// The list was changed locally, or another query was set, during the request.
    Outdated,
}

struct First {
    page: Page<ApiKeyView>,
    totals: Totals,
    /// Query of the page.
    query: KeyQuery,
    by_server: bool,
}

fn extend(keys: &mut Vec<Arc<KeyEntry>>, items: Vec<ApiKeyView>) {
    keys.extend(items.into_iter().map(KeyEntry::new));
}
