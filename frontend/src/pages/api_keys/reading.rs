//! Reading the list from the server, in pieces.

use std::sync::Arc;
use std::time::Duration;

use ori_shared::api_key::ApiKeyView;
use ori_shared::page::{MAX_LIMIT, Page};

use super::entry::Told;
use super::store::{Keys, Load};
use crate::api::ApiError;
use crate::api::keys::{self as api, Question};
use crate::reactive::*;
use crate::state::task::start_here;
use crate::ui::timer::Timer;

/// Up to so many keys the page holds all of them, and searches and sorts by itself from one key press to the next. Of
/// more it holds what was looked at: the server searches and sorts, and the list is read on as one scrolls.
pub const ALL_MAX: u64 = 10_000;

/// The first piece is small so that it is on screen at once.
const FIRST: u32 = 100;
/// What is read while one scrolls.
const NEXT: u32 = 200;

/// How long a pause in typing has the server asked.
const PAUSE: Duration = Duration::from_millis(150);

/// What is being read, or to be read on.
#[derive(Clone, Copy)]
pub struct Reading {
    state: StoredValue<State>,
    pause: Timer,
}

#[derive(Clone, Default)]
struct State {
    question: Question,
    /// To what the list is an answer.
    answered: Question,
    /// Where to read on.
    cursor: Option<String>,
    /// Counts our own changes: a list that was asked for before the last one is not news.
    changes: u32,
    /// In whose name is being read. Its end gives up the request.
    task: Option<Owner>,
    /// Whether a reading was asked for while one was under way.
    again: bool,
    owner: Owner,
}

impl Reading {
    pub(super) fn new() -> Self {
        let owner = Owner::current().unwrap_or_default();
        Self {
            state: StoredValue::new(State {
                owner,
                ..State::default()
            }),
            pause: Timer::new(),
        }
    }

    /// We changed something.
    pub(super) fn changed(self) {
        self.change(&mut |state| state.changes = state.changes.wrapping_add(1));
    }

    fn state(self) -> State {
        self.state.get_value()
    }

    /// In one place, since each use of the store itself is compiled anew.
    fn change(self, change: &mut dyn FnMut(&mut State)) {
        self.state.update_value(change);
    }

    /// Gives up what is being read.
    fn stop(self) {
        self.pause.stop();
        if let Some(task) = self.state().task {
            task.cleanup();
        }
        self.change(&mut |state| (state.task, state.again) = (None, false));
    }

    /// In an owner's name that is only there for this, below ours: signing out gives up the request, too.
    fn start(self, task: impl Future<Output = ()> + 'static) {
        self.stop();
        let owner = self.state().owner.child();
        self.change(&mut |state| state.task = Some(owner.clone()));
        owner.with(|| start_here(task));
    }
}

impl Keys {
    /// Reads the list from the start, showing that it is being read.
    pub fn read_again(self) {
        self.load.set(Load::Reading);
        self.whole.set(false);
        self.refresh();
    }

    /// The page is shown, and asks this.
    pub fn open(self, question: &Question) {
        self.reading
            .change(&mut |state| state.question = question.clone());
        self.asking.set(false);
        self.read_again();
    }

    /// The page is left: what is being read is not wanted any more. No signal is set here: what follows it on the page
    /// that is being left would still run, and might find gone what it reads.
    pub fn close(self) {
        if !self.are_gone() {
            self.reading.stop();
        }
    }

    /// Reads the list anew; what is on screen stays until the answer is there. One reading at a time: another one
    /// follows it.
    pub fn refresh(self) {
        if self.are_gone() {
            return;
        }
        if self.reading.state().task.is_some() {
            return self.reading.change(&mut |state| state.again = true);
        }
        self.read(true);
    }

    /// Something else is searched for, or the list is sorted by something else. Where that is the server's to answer,
    /// it is asked after a pause in typing, and the answer to what was asked before is not waited for.
    pub fn ask(self, question: &Question) {
        let before = self.reading.state().question;
        if before == *question {
            return;
        }
        let is_typed = before.search != question.search;
        self.reading
            .change(&mut |state| state.question = question.clone());
        if self.by_server.get_untracked() {
            self.reading.stop();
            self.asking.set(true);
            let pause = if is_typed { PAUSE } else { Duration::ZERO };
            self.reading.pause.set(pause, move || self.read(false));
        }
    }

    /// Reads on, where somebody has scrolled near the end of what was read.
    pub fn read_on(self) {
        let reading = self.reading;
        let State {
            answered,
            cursor: Some(cursor),
            task: None,
            ..
        } = reading.state()
        else {
            return;
        };
        if self.asking.get_untracked() {
            return;
        }
        reading.start(async move {
            let mut cursor = cursor;
            let result = loop {
                let page = match api::list(&answered, Some(&cursor), NEXT).await {
                    Ok(page) => page,
                    Err(error) => break Err(error),
                };
                reading.change(&mut |state| state.cursor.clone_from(&page.next_cursor));
                let is_empty = page.items.is_empty();
                self.append(page.items);
                match page.next_cursor {
                    Some(next) if is_empty => cursor = next,
                    _ => break Ok(()),
                }
            };
            self.finish(result);
        });
    }

    fn read(self, count: bool) {
        self.reading.start(async move {
            let result = loop {
                match self.read_through(count).await {
                    Ok(false) => {}
                    Ok(true) => break Ok(()),
                    Err(error) => break Err(error),
                }
            };
            self.finish(result);
        });
    }

    fn finish(self, result: Result<(), ApiError>) {
        let again = self.reading.state().again;
        self.reading
            .change(&mut |state| (state.task, state.again) = (None, false));
        if again {
            return self.refresh();
        }
        self.asking.set(false);
        if let Err(error) = result {
            self.failed(error);
        }
    }

    /// Says whether the list is read: it is not if we changed something meanwhile, or ask for something else.
    async fn read_through(self, count: bool) -> Result<bool, ApiError> {
        let reading = self.reading;
        let State {
            question,
            answered,
            changes,
            ..
        } = reading.state();
        let is_first = self.load.with_untracked(|load| *load != Load::Ready);
        let Some((mut page, by_server)) = self.first(&question, changes, count).await? else {
            return Ok(false);
        };
        let found = page.total;
        self.exact.update(|exact| exact.1 = page.total_is_exact);
        let wanted = match by_server {
            false => usize::MAX,
            // As many as were there: whoever has scrolled down stays there.
            true if !is_first && answered == question => self.told.with_untracked(Vec::len),
            // A page that is searched for may be empty, and more may follow it.
            true => 1,
        };
        let mut all = Vec::new();
        add(&mut all, page.items);
        // From now on the pieces are shown as they come.
        if is_first {
            self.replace(all.clone(), by_server, found);
        }
        while let Some(cursor) = &page.next_cursor
            && all.len() < wanted
        {
            let piece = self.piece(&question, Some(cursor), MAX_LIMIT, changes).await?;
            let Some(piece) = piece else {
                return Ok(false);
            };
            page = piece;
            add(&mut all, page.items);
            if is_first {
                self.told.set(all.clone());
            }
        }
        if by_server && reading.state().question != question {
            return Ok(false);
        }
        // Where the page holds all, there is nothing to read on.
        let cursor = page.next_cursor;
        reading.change(&mut |state| {
            state.cursor.clone_from(&cursor);
            state.answered.clone_from(&question);
        });
        self.replace(all, by_server, found);
        self.whole.set(true);
        Ok(true)
    }

    /// The first piece, and whether it is the server that searches. How many keys there are decides that, and is asked
    /// where `count`.
    async fn first(self, question: &Question, changes: u32, count: bool) -> Result<Option<First>, ApiError> {
        let everything = question.search.is_empty();
        if count || everything {
            let all = Question {
                search: String::new(),
                sort: question.sort,
            };
            let Some(page) = self.piece(&all, None, FIRST, changes).await? else {
                return Ok(None);
            };
            self.total.set(page.total);
            self.exact.update(|exact| exact.0 = page.total_is_exact);
            let by_server = page.total > ALL_MAX;
            if everything || !by_server {
                return Ok(Some((page, by_server)));
            }
        }
        let page = self.piece(question, None, FIRST, changes).await?;
        Ok(page.map(|page| (page, true)))
    }

    /// A piece, or `None` if we changed something meanwhile.
    async fn piece(
        self,
        question: &Question,
        cursor: Option<&str>,
        limit: u32,
        changes: u32,
    ) -> Result<Option<Page<ApiKeyView>>, ApiError> {
        let page = api::list(question, cursor, limit).await?;
        self.clock.correct(page.server_time);
        Ok((self.reading.state().changes == changes).then_some(page))
    }

    /// What a key is sorted by may have changed meanwhile; it is not listed twice.
    fn append(self, mut items: Vec<ApiKeyView>) {
        self.told.update(|told| {
            items.retain(|view| told.iter().all(|known| known.view.id != view.id));
            add(told, items);
        });
    }

    fn failed(self, error: ApiError) {
        if self.session.ended_by(&error) {
            return;
        }
        let State {
            question, answered, ..
        } = self.reading.state();
        let is_answer = !self.by_server.get_untracked() || answered == question;
        if is_answer && self.load.with_untracked(|load| *load == Load::Ready) {
            self.toasts
                .failure(format!("The list could not be refreshed. {}", error.sentence()));
        } else {
            self.load.set(Load::Failed(error));
        }
    }
}

type First = (Page<ApiKeyView>, bool);

fn add(all: &mut Vec<Arc<Told>>, items: Vec<ApiKeyView>) {
    all.extend(items.into_iter().map(Told::of));
}
