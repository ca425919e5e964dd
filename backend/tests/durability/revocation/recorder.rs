use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use tokio::sync::watch;

use super::register::{History, Look, Turn};

/// Writes down what happens to a key, with the time at which it began and ended.
pub(crate) struct Recorder {
    begun: Instant,
    history: Mutex<History>,
    looked: watch::Sender<usize>,
}

impl Recorder {
    /// Of a key that works.
    pub(crate) fn new() -> Self {
        let history = History {
            first: true,
            turns: Vec::new(),
            looks: Vec::new(),
        };
        Self {
            begun: Instant::now(),
            history: Mutex::new(history),
            looked: watch::Sender::new(0),
        }
    }

    /// Makes the key work, or not, by what is given.
    pub(crate) async fn turn(&self, to: bool, by: impl Future<Output = ()>) {
        let start = self.now();
        by.await;
        let end = self.now();
        self.change(|history| history.turns.push(Turn { start, end, to }));
    }

    /// Sends a request, which tells whether the key was accepted.
    pub(crate) async fn look(&self, how: &'static str, by: impl Future<Output = bool>) {
        self.look_if(how, async { Some(by.await) }).await;
    }

    /// Sends a request whose answer may tell nothing.
    pub(crate) async fn look_if(&self, how: &'static str, by: impl Future<Output = Option<bool>>) {
        let start = self.now();
        let Some(saw) = by.await else { return };
        let end = self.now();
        self.change(|history| {
            history.looks.push(Look { start, end, saw, how });
        });
        self.looked.send_modify(|count| *count += 1);
    }

    /// Waits until that many more requests have been answered.
    pub(crate) async fn until_more_looks(&self, count: usize) {
        let wanted = *self.looked.borrow() + count;
        let mut looked = self.looked.subscribe();
        looked.wait_for(|looked| *looked >= wanted).await.unwrap();
    }

    /// What happened.
    pub(crate) fn history(&self) -> History {
        self.change(|history| history.clone())
    }

    fn now(&self) -> u64 {
        u64::try_from(self.begun.elapsed().as_nanos()).unwrap()
    }

    fn change<T>(&self, change: impl FnOnce(&mut History) -> T) -> T {
        change(&mut self.history.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
