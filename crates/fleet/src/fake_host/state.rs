//! What a scripted host remembers. Whoever waits for a condition sees each change.

use std::collections::BTreeMap;
use std::sync::Mutex;

use rand_core::Rng;
use tokio::sync::watch;
use uuid::Builder;

use super::script::{Behaviour, ReceivedDial, ReceivedRequest, Script};

/// The script and the state of a host.
pub(super) struct Shared {
    pub(super) script: Script,
    pub(super) state: watch::Sender<State>,
    rng: Mutex<Box<dyn Rng + Send>>,
}

/// What changes while a host runs.
pub(super) struct State {
    pub(super) health: Behaviour,
    pub(super) dial: Behaviour,
    /// How often answers that are held back were let go.
    pub(super) let_go: u64,
    /// How often calls were told to end.
    pub(super) ended: u64,
    /// How many workers are taken by calls that did not come from us.
    pub(super) taken: usize,
    pub(super) requests: Vec<ReceivedRequest>,
    pub(super) dialled: Vec<ReceivedDial>,
    /// The calls that take place, by worker call id.
    pub(super) running: BTreeMap<String, ReceivedDial>,
    /// How many results were posted and accepted.
    pub(super) results: u64,
}

impl Shared {
    pub(super) fn new(script: Script, rng: Box<dyn Rng + Send>) -> Self {
        let state = State {
            health: Behaviour::Honest,
            dial: Behaviour::Honest,
            let_go: 0,
            ended: 0,
            taken: 0,
            requests: Vec::new(),
            dialled: Vec::new(),
            running: BTreeMap::new(),
            results: 0,
        };
        Self {
            script,
            state: watch::Sender::new(state),
            rng: Mutex::new(rng),
        }
    }

    /// Changes the state and returns what `change` returns.
    pub(super) fn update<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let mut result = None;
        self.state.send_modify(|state| result = Some(change(state)));
        result.expect("send_modify calls its argument once")
    }

    /// Waits until the state is as told.
    pub(super) async fn until(&self, mut reached: impl FnMut(&State) -> bool) {
        let mut states = self.state.subscribe();
        // The sender lives in this very shared, so waiting cannot fail.
        let _ = states.wait_for(|state| reached(state)).await;
    }

    pub(super) fn new_id(&self) -> String {
        let mut bytes = [0; 16];
        let mut rng = self.rng.lock().expect("no panic while drawing a number");
        rng.fill_bytes(&mut bytes);
        Builder::from_random_bytes(bytes).into_uuid().to_string()
    }
}

impl State {
    /// How many workers are free on a host that has `workers`.
    pub(super) fn free(&self, workers: u16) -> usize {
        usize::from(workers).saturating_sub(self.busy())
    }

    pub(super) fn busy(&self) -> usize {
        self.running.len() + self.taken
    }
}
