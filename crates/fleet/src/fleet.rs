//! The handle to the fleet.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use futures_util::future::BoxFuture;
use ori_shared::fleet::FleetStatus;
use rand_core::Rng;
use reqwest::header::HeaderName;
use tokio::sync::watch;
use tokio::time::Instant;
use uuid::Uuid;

use crate::capacity::Capacity;
use crate::client::Client;
use crate::config::{FleetConfig, FleetConfigError};
use crate::host::{HostAddress, HostId};
use crate::reservation::Reservation;
use crate::secret::FleetSecret;

/// Tells the present. It dates what is shown; no limit depends on it, so setting it forward or back stalls nothing.
pub type Clock = Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>;

/// Draws a number that is larger than each that was drawn before, by whichever console; `None` where that fails.
pub type Numbers = Arc<dyn Fn() -> BoxFuture<'static, Option<i64>> + Send + Sync>;

/// What a host last said of its room, for the check that consoles make together before one gives it a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReportedCapacity {
    /// How many calls more it said it can be given.
    pub available: u64,
    /// Drawn before it was asked: what happened before that, its answer counts.
    pub number: i64,
}

/// The voice fleet: who has room, and how a host is asked to dial. A clone is another handle to the same fleet.
#[derive(Clone)]
pub struct Fleet(pub(crate) Arc<Inner>);

impl Fleet {
    /// Makes the fleet of that configuration. No host is asked before [`Fleet::run_poller`] or [`Fleet::poll_once`].
    ///
    /// # Errors
    /// What is wrong with the configuration.
    pub fn new(
        config: FleetConfig,
        clock: Clock,
        rng: Box<dyn Rng + Send>,
    ) -> Result<Self, FleetConfigError> {
        Self::build(config, clock, rng, None)
    }

    /// The same, for hosts that are given calls by other consoles too: see [`Reservation::reported_capacity`].
    ///
    /// # Errors
    /// What is wrong with the configuration.
    pub fn shared(
        config: FleetConfig,
        clock: Clock,
        rng: Box<dyn Rng + Send>,
        numbers: Numbers,
    ) -> Result<Self, FleetConfigError> {
        Self::build(config, clock, rng, Some(numbers))
    }

    fn build(
        config: FleetConfig,
        clock: Clock,
        rng: Box<dyn Rng + Send>,
        numbers: Option<Numbers>,
    ) -> Result<Self, FleetConfigError> {
        let hosts = addresses(&config)?;
        let limit = config.dial_timeout + config.reservation_margin;
        let capacity = Capacity::new(hosts.iter().map(|host| host.id.clone()), limit, rng);
        Ok(Self(Arc::new(Inner {
            capacity: Mutex::new(capacity),
            hosts,
            client: Client::new(&config)?,
            clock,
            numbers,
            poll_interval: config.poll_interval,
            dial_timeout: config.dial_timeout,
            room: watch::Sender::new(()),
            secret_header: config.secret_header,
            secret: config.secret,
        })))
    }

    /// Reservations room for the call on the host that has the most left, ties at random, without those that were tried.
    ///
    /// `None` where no host has room, and for a call for which room is held already.
    #[must_use]
    pub fn reserve(&self, call_id: Uuid, tried: &[HostId]) -> Option<Reservation> {
        let ticket = self.0.capacity().reserve(call_id, tried, Instant::now())?;
        Some(Reservation {
            fleet: Arc::clone(&self.0),
            ticket,
        })
    }

    /// Whether any host has room.
    #[must_use]
    pub fn has_capacity(&self) -> bool {
        self.0.capacity().has_capacity(Instant::now())
    }

    /// Whether room is held for the call.
    #[must_use]
    pub fn has_reservation(&self, call_id: Uuid) -> bool {
        self.0.capacity().has_reservation(call_id)
    }

    /// Gives back the room that is held for the call: its result arrived.
    pub fn release(&self, call_id: Uuid) {
        self.0.free(|capacity| capacity.release(call_id));
    }

    /// What the fleet can do at this moment.
    #[must_use]
    pub fn status(&self) -> FleetStatus {
        self.0.capacity().status(Instant::now())
    }

    /// Changes whenever there may be room that was not there before.
    ///
    /// Take it before [`Fleet::reserve`]; then `changed()` misses no room that came up in between.
    #[must_use]
    pub fn capacity_changes(&self) -> watch::Receiver<()> {
        self.0.room.subscribe()
    }

    /// Whether any host is configured.
    #[must_use]
    pub fn is_configured(&self) -> bool {
        !self.0.hosts.is_empty()
    }

    /// Whether a host says that it is simulated: no real phone rings there.
    #[must_use]
    pub fn is_simulated(&self) -> bool {
        self.0.capacity().is_simulated()
    }

    /// How long a host may take to answer whether it dials.
    #[must_use]
    pub fn dial_timeout(&self) -> Duration {
        self.0.dial_timeout
    }

    /// The header in which a worker proves itself when it posts a result.
    #[must_use]
    pub fn secret_header(&self) -> &HeaderName {
        &self.0.secret_header
    }

    /// Whether that is the secret that the fleet and we share, compared in constant time.
    #[must_use]
    pub fn knows_secret(&self, presented: &[u8]) -> bool {
        self.0.secret.matches(presented)
    }
}

impl fmt::Debug for Fleet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hosts = self.0.hosts.iter().map(|host| &host.id);
        f.debug_list().entries(hosts).finish()
    }
}

/// What all handles share. The capacity's lock is never held across an await.
pub(crate) struct Inner {
    capacity: Mutex<Capacity>,
    pub(crate) hosts: Vec<HostAddress>,
    pub(crate) client: Client,
    pub(crate) clock: Clock,
    pub(crate) numbers: Option<Numbers>,
    pub(crate) poll_interval: Duration,
    dial_timeout: Duration,
    room: watch::Sender<()>,
    secret_header: HeaderName,
    secret: FleetSecret,
}

impl Inner {
    /// The capacity is consistent between any two of its calls, so a panic elsewhere does not spoil it.
    pub(crate) fn capacity(&self) -> MutexGuard<'_, Capacity> {
        self.capacity.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the capacity in a way that may make room, and tells who waits for some.
    pub(crate) fn free<T>(&self, change: impl FnOnce(&mut Capacity) -> T) -> T {
        let result = change(&mut self.capacity());
        self.room.send_replace(());
        result
    }

    /// The address of a host that the capacity chose.
    pub(crate) fn address(&self, host: usize) -> &HostAddress {
        &self.hosts[host]
    }
}

fn addresses(config: &FleetConfig) -> Result<Vec<HostAddress>, FleetConfigError> {
    let mut hosts: Vec<HostAddress> = Vec::with_capacity(config.hosts.len());
    for base in &config.hosts {
        let host = HostAddress::new(base)?;
        if hosts.iter().any(|known| known.id == host.id) {
            return Err(FleetConfigError::RepeatedHost(host.id));
        }
        hosts.push(host);
    }
    if !hosts.is_empty() && config.secret.is_empty() {
        return Err(FleetConfigError::NoSecret);
    }
    Ok(hosts)
}
