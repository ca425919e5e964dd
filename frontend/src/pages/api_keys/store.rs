//! The list: how it stands, and what changes it.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use ori_shared::api_key::ApiKeyView;
use uuid::Uuid;

use super::entry::Told;
use super::reading::Reading;
use crate::api::ApiError;
use crate::reactive::*;
use crate::state::clock::{Clock, use_clock};
use crate::state::session::{Session, use_session};
use crate::state::toasts::{Toasts, use_toasts};
use crate::ui::timer::Timer;

/// How the list stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Load {
    /// It has not been read yet.
    Reading,
    /// It could not be read.
    Failed(ApiError),
    /// It is there, at least its first piece.
    Ready,
}

/// The keys, and what keeps them fresh.
///
/// They outlive the page, so that a change whose answer comes after the page was left still lands in the list. Signing
/// out ends them; an answer that comes later yet is dropped.
#[derive(Clone, Copy)]
pub struct Keys {
    /// What the server told, in the order in which it did.
    pub told: RwSignal<Vec<Arc<Told>>>,
    /// How the list stands.
    pub load: RwSignal<Load>,
    /// How many keys there are, also while not all of them have been read.
    pub total: RwSignal<u64>,
    /// Whether there are so many that the server searches and sorts.
    pub by_server: RwSignal<bool>,
    /// How many keys its search leaves then.
    pub found: RwSignal<u64>,
    /// Whether there are no more than `total`, and none more found than `found`.
    pub exact: RwSignal<(bool, bool)>,
    /// Whether its answer to what was typed or pressed is awaited.
    pub asking: RwSignal<bool>,
    /// Whether all that there is has been read, where it is not the server that searches.
    pub whole: RwSignal<bool>,
    /// The keys of which a change is being saved.
    pub saving: RwSignal<Vec<Uuid>>,
    /// Counts the moments at which a key looks different or stands elsewhere because time has passed.
    pub ticks: RwSignal<u64>,
    /// The last of them.
    ticked: StoredValue<DateTime<Utc>>,
    pub(super) reading: Reading,
    timer: Timer,
    pub(super) clock: Clock,
    pub(super) session: Session,
    pub(super) toasts: Toasts,
}

impl Keys {
    /// An empty list, to be read when it is shown. Make it in a component.
    #[must_use]
    pub fn new() -> Self {
        let clock = use_clock();
        Self {
            told: RwSignal::new(Vec::new()),
            load: RwSignal::new(Load::Reading),
            total: RwSignal::new(0),
            by_server: RwSignal::new(false),
            found: RwSignal::new(0),
            exact: RwSignal::new((true, true)),
            asking: RwSignal::new(false),
            whole: RwSignal::new(false),
            saving: RwSignal::new(Vec::new()),
            ticks: RwSignal::new(0),
            ticked: StoredValue::new(clock.now()),
            reading: Reading::new(),
            timer: Timer::new(),
            clock,
            session: use_session(),
            toasts: use_toasts(),
        }
    }

    /// The server's time now.
    #[must_use]
    pub fn now(self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// A key was created: it stands first until the list is read anew. A reading may have told of it already.
    pub fn add(self, view: ApiKeyView) {
        if self.are_gone() {
            return;
        }
        self.reading.changed();
        if self.place_of(view.id).is_none() {
            self.told.update(|told| told.insert(0, Told::of(view)));
            self.count(1);
        }
    }

    /// A key was deleted. A reading may have told of it already.
    pub fn remove(self, id: Uuid) {
        if self.are_gone() {
            return;
        }
        self.reading.changed();
        if let Some(place) = self.place_of(id) {
            self.told.update(|told| {
                told.remove(place);
            });
            self.count(-1);
        }
    }

    /// The server has told of a changed key.
    pub fn put(self, view: ApiKeyView) {
        if self.are_gone() {
            return;
        }
        self.reading.changed();
        if let Some(place) = self.place_of(view.id) {
            self.told.update(|told| told[place] = Told::of(view));
        }
    }

    /// Whether nobody is signed in any more. A task that changes things may outlive us.
    pub(super) fn are_gone(self) -> bool {
        self.told.is_disposed()
    }

    fn place_of(self, id: Uuid) -> Option<usize> {
        self.told
            .with_untracked(|told| told.iter().position(|key| key.view.id == id))
    }

    fn count(self, more: i64) {
        for count in [self.total, self.found] {
            count.update(|count| *count = count.saturating_add_signed(more));
        }
    }

    /// Takes over what the server told.
    pub(super) fn replace(self, told: Vec<Arc<Told>>, by_server: bool, found: u64) {
        if self.told.with_untracked(|old| *old != told) {
            self.told.set(told);
        }
        self.by_server.set(by_server);
        self.found.set(found);
        self.ticked.set_value(self.now());
        self.load.set(Load::Ready);
    }

    /// Time has passed, perhaps unnoticed: a sleeping machine's timers sleep too.
    pub fn pass(self) {
        if !self.are_gone() {
            self.ticked.set_value(self.now());
            self.ticks.update(|ticks| *ticks += 1);
        }
    }

    /// Has time pass when a row looks different, which is said, or when a key expires.
    pub fn wake(self, row: Option<DateTime<Utc>>) {
        let Some(next) = row.into_iter().chain(self.next_expiry()).min() else {
            return self.timer.stop();
        };
        let wait = next
            .signed_duration_since(self.now())
            .to_std()
            .unwrap_or_default();
        // Many rows may change one after the other; once a second is often enough. The milliseconds are what clocks
        // round off.
        let wait = (wait + Duration::from_millis(5)).max(Duration::from_secs(1));
        self.timer.set(wait, move || self.pass());
    }

    /// When the next key expires that had not when that was last looked at.
    fn next_expiry(self) -> Option<DateTime<Utc>> {
        let ticked = self.ticked.get_value();
        self.told.with_untracked(|told| {
            let expiries = told.iter().filter_map(|key| key.view.expires_at);
            expiries.filter(|expiry| *expiry > ticked).min()
        })
    }
}

impl Default for Keys {
    fn default() -> Self {
        Self::new()
    }
}
