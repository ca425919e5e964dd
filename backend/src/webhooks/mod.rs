//! Sending events to webhooks. What is to be sent, and when, stands in the store's outbox.

mod egress;
mod held;
mod resolver;
mod retry;
mod sender;
mod target_url;

use std::sync::Arc;

pub use egress::EgressPolicy;
pub use held::{Held, HeldBytes};
pub use retry::{DEADLINE, next_attempt};
pub use sender::{Answer, Sender, SenderError};
pub use target_url::{UnfitAddress, checked};
use tokio::sync::Notify;

/// Sends events, as far as the egress policy permits.
pub struct Webhooks {
    /// Sends them.
    pub sender: Sender,
    /// Egress policy.
    pub networks: Arc<EgressPolicy>,
    /// Wakes the worker: there may be a new event.
    pub told: Notify,
    /// Wakes the worker that ends deliveries: a webhook was removed or disabled, or a key deleted.
    pub ended: Notify,
    /// The bodies in memory.
    pub held: Held,
}

impl Webhooks {
    /// Client for permitted private networks.
    ///
    /// # Errors
    /// Returns an error if no HTTP client can be created on this machine.
    pub fn new(networks: EgressPolicy) -> Result<Self, SenderError> {
        let networks = Arc::new(networks);
        Ok(Self {
            sender: Sender::new(&networks)?,
            networks,
            told: Notify::new(),
            ended: Notify::new(),
            held: Held::default(),
        })
    }
}
