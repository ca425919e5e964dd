//! The list: read, kept fresh, changed.

use std::collections::HashMap;
use std::time::Duration;

use leptos::prelude::*;
use ori_shared::api_key::ApiKeyView;
use ori_shared::page::Page;
use uuid::Uuid;

use super::entry::Entry;
use crate::api::{self, ApiError};
use crate::state::clock::{Clock, use_clock};
use crate::state::session::{Session, use_session};
use crate::state::task::start_here;
use crate::state::toasts::{Toasts, use_toasts};
use crate::ui::timer::Timer;

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

/// All keys, and what keeps them fresh.
///
/// They outlive the page, so that a change whose answer comes after the page was left still lands in the list. Signing out ends them;
/// an answer that comes later yet is dropped.
#[derive(Clone, Copy)]
pub struct Keys {
    /// In the order in which the server told them: newest first.
    pub entries: RwSignal<Vec<Entry>>,
    /// How the list stands.
    pub load: RwSignal<Load>,
    /// How many keys there are, also while not all of them have been read.
    pub total: RwSignal<u64>,
    /// Counts our own changes: a list that was asked for before the last one is not news.
    changes: StoredValue<u32>,
    reading: StoredValue<bool>,
    /// Whether a reading was asked for while one was under way.
    again: StoredValue<bool>,
    timer: Timer,
    owner: StoredValue<Option<Owner>>,
    clock: Clock,
    session: Session,
    toasts: Toasts,
}

impl Keys {
    /// An empty list, to be read when it is shown. Make it in a component.
    #[must_use]
    pub fn new() -> Self {
        Self {
            entries: RwSignal::new(Vec::new()),
            load: RwSignal::new(Load::Reading),
            total: RwSignal::new(0),
            changes: StoredValue::new(0),
            reading: StoredValue::new(false),
            again: StoredValue::new(false),
            timer: Timer::new(),
            owner: StoredValue::new(Owner::current()),
            clock: use_clock(),
            session: use_session(),
            toasts: use_toasts(),
        }
    }

    /// Reads the list from the start, showing that it is being read.
    pub fn read_again(self) {
        self.load.set(Load::Reading);
        self.refresh();
    }

    /// Reads the list anew; what is on screen stays until the answer is there. One reading at a time: another one follows it.
    pub fn refresh(self) {
        if self.are_gone() {
            return;
        }
        if self.reading.get_value() {
            self.again.set_value(true);
            return;
        }
        self.reading.set_value(true);
        let reading = move || {
            start_here(async move {
                let result = self.read().await;
                self.reading.set_value(false);
                if self.again.try_update_value(std::mem::take) == Some(true) {
                    self.refresh();
                } else if let Err(error) = result {
                    self.failed(error);
                }
            });
        };
        // In our owner's name, so that signing out gives up the request.
        match self.owner.get_value() {
            Some(owner) => owner.with(reading),
            None => reading(),
        }
    }

    async fn read(self) -> Result<(), ApiError> {
        loop {
            let started = self.changes.get_value();
            if let Some(all) = self.read_pieces(started).await? {
                self.replace(all);
                return Ok(());
            }
        }
    }

    /// All pieces together, or `None` if we changed something meanwhile. The first piece of a first reading is shown at once.
    async fn read_pieces(self, started: u32) -> Result<Option<Vec<ApiKeyView>>, ApiError> {
        let mut all: Vec<ApiKeyView> = Vec::new();
        let mut cursor = None;
        loop {
            let Page {
                items,
                total,
                next_cursor,
                server_time,
                ..
            } = api::keys::list(cursor.as_deref()).await?;
            if self.changes.get_value() != started {
                return Ok(None);
            }
            self.clock.correct(server_time);
            self.total.set(total);
            all.extend(items);
            cursor = next_cursor;
            if cursor.is_none() {
                return Ok(Some(all));
            }
            if self.load.with_untracked(|load| *load != Load::Ready) {
                self.replace(all.clone());
            }
        }
    }

    /// Takes over what the server told. Rows that were there stay the same rows.
    fn replace(self, told: Vec<ApiKeyView>) {
        let now = self.clock.now();
        let mut before: HashMap<Uuid, Entry> = self
            .entries
            .get_untracked()
            .into_iter()
            .map(|entry| (entry.id, entry))
            .collect();
        let mut entries: Vec<Entry> = Vec::with_capacity(told.len());
        for view in told {
            match before.remove(&view.id) {
                Some(entry) => {
                    entry.put(view, now);
                    entries.push(entry);
                }
                None => entries.push(Entry::new(view, now)),
            }
        }
        if self.entries.with_untracked(|old| *old != entries) {
            self.entries.set(entries);
        }
        self.load.set(Load::Ready);
        self.wake();
    }

    fn failed(self, error: ApiError) {
        if self.session.ended_by(&error) {
            return;
        }
        if self.load.with_untracked(|load| *load == Load::Ready) {
            self.toasts
                .failure(format!("The list could not be refreshed. {}", error.sentence()));
        } else {
            self.load.set(Load::Failed(error));
        }
    }

    /// A key was created: it stands first until the list is read anew. A reading may have told of it already.
    pub fn add(self, view: ApiKeyView) {
        if self.are_gone() {
            return;
        }
        self.changed();
        let entry = Entry::new(view, self.clock.now());
        if self.entries.with_untracked(|entries| !entries.contains(&entry)) {
            self.entries.update(|entries| entries.insert(0, entry));
            self.total.update(|total| *total += 1);
        }
        self.wake();
    }

    /// A key was deleted. A reading may have told of it already.
    pub fn remove(self, id: Uuid) {
        if self.are_gone() {
            return;
        }
        self.changed();
        if self
            .entries
            .with_untracked(|entries| entries.iter().any(|entry| entry.id == id))
        {
            self.entries
                .update(|entries| entries.retain(|entry| entry.id != id));
            self.total.update(|total| *total = total.saturating_sub(1));
        }
    }

    /// The server has told of a changed key.
    pub fn put(self, entry: &Entry, view: ApiKeyView) {
        if self.are_gone() {
            return;
        }
        self.changed();
        entry.put(view, self.clock.now());
        self.wake();
    }

    /// Whether nobody is signed in any more. A task that changes things may outlive us.
    fn are_gone(self) -> bool {
        self.entries.is_disposed()
    }

    fn changed(self) {
        self.changes
            .update_value(|changes| *changes = changes.wrapping_add(1));
    }

    /// Time has passed, perhaps unnoticed: a sleeping machine's timers sleep too.
    pub fn pass(self) {
        if self.are_gone() {
            return;
        }
        let now = self.clock.now();
        self.entries.with_untracked(|entries| {
            for entry in entries {
                entry.pass(now);
            }
        });
        self.wake();
    }

    /// Sets the timer to the next moment at which a row looks different.
    fn wake(self) {
        let next = self
            .entries
            .with_untracked(|entries| entries.iter().filter_map(Entry::until).min());
        let Some(next) = next else {
            return self.timer.stop();
        };
        let wait = next
            .signed_duration_since(self.clock.now())
            .to_std()
            .unwrap_or_default();
        // Many rows may change one after the other; once a second is often enough. The milliseconds are what clocks round off.
        let wait = (wait + Duration::from_millis(5)).max(Duration::from_secs(1));
        self.timer.set(wait, move || self.pass());
    }
}

impl Default for Keys {
    fn default() -> Self {
        Self::new()
    }
}
