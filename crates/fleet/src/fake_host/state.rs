//! State of the fake host. Every change wakes the tasks that wait for a condition.

use std::collections::BTreeMap;
use std::sync::Mutex;

use rand_core::Rng;
use tokio::sync::watch;
use uuid::Builder;

use super::script::{Behaviour, ReceivedDial, ReceivedRequest, Script};

/// Script and state of a host, shared by its tasks.
pub(super) struct Shared {
    pub(super) script: Script,
    pub(super) state: watch::Sender<State>,
    rng: Mutex<Box<dyn Rng + Send>>,
}

/// Mutable state of a host.
pub(super) struct State {
    pub(super) health: Behaviour,
    pub(super) dial: Behaviour,
    /// Number of times that held responses were released.
    pub(super) let_go: u64,
    /// Number of times that all calls were ended.
    pub(super) ended: u64,
    /// Number of workers that are busy with calls from elsewhere.
    pub(super) taken: usize,
    pub(super) requests: Vec<ReceivedRequest>,
    pub(super) dialled: Vec<ReceivedDial>,
    /// Calls in progress, by worker call id.
    pub(super) running: BTreeMap<String, ReceivedDial>,
    /// Number of results that were posted and accepted.
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

    /// Waits until `reached` returns true.
    pub(super) async fn until(&self, mut reached: impl FnMut(&State) -> bool) {
        let mut states = self.state.subscribe();
        // `self` owns the sender, so waiting cannot fail.
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
    /// Returns the number of free workers on a host that has `workers`.
    pub(super) fn free(&self, workers: u16) -> usize {
        usize::from(workers).saturating_sub(self.busy())
    }

    pub(super) fn busy(&self) -> usize {
        self.running.len() + self.taken
    }
}
