//! Handle to the fleet.

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

/// Returns the current time. It is only displayed; no time limit depends on it, so a clock step is harmless.
pub type Clock = Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>;

/// Returns a number that is greater than all numbers that any console has drawn before, or `None` on failure.
pub type Numbers = Arc<dyn Fn() -> BoxFuture<'static, Option<i64>> + Send + Sync>;

/// Capacity that a host last reported, for the check across consoles before a call is assigned to the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReportedCapacity {
    /// Number of further calls that the host can take.
    pub available: u64,
    /// Number drawn before the health check was sent. The report counts everything that happened before.
    pub number: i64,
}

/// The voice fleet: tracks the capacity of its hosts and sends dial requests to them.
///
/// A clone is another handle to the same fleet.
///
/// # Examples
///
/// ```
/// use std::{sync::Arc, time::SystemTime};
///
/// use ori_fleet::{Fleet, FleetConfig, FleetSecret};
/// use rand::{SeedableRng, rngs::StdRng};
/// use uuid::Uuid;
///
/// let config = FleetConfig {
///     hosts: vec!["http://voice-1.example.com".parse().unwrap()],
///     secret: FleetSecret::new("shared with the hosts".to_owned()),
///     ..FleetConfig::default()
/// };
/// let fleet = Fleet::new(config, Arc::new(|| SystemTime::now().into()), Box::new(StdRng::seed_from_u64(1)))?;
///
/// assert!(fleet.is_configured());
/// // A host is offered calls after its first health check.
/// assert!(fleet.reserve(Uuid::nil(), &[]).is_none());
/// # Ok::<(), ori_fleet::FleetConfigError>(())
/// ```
#[derive(Clone)]
pub struct Fleet(pub(crate) Arc<Inner>);

impl Fleet {
    /// Creates a fleet. No request is sent before [`Fleet::run_poller`] or [`Fleet::poll_once`].
    ///
    /// # Errors
    /// Returns an error if the configuration is invalid.
    pub fn new(
        config: FleetConfig,
        clock: Clock,
        rng: Box<dyn Rng + Send>,
    ) -> Result<Self, FleetConfigError> {
        Self::build(config, clock, rng, None)
    }

    /// Creates a fleet whose hosts take calls from other consoles, too: see [`Reservation::reported_capacity`].
    ///
    /// # Errors
    /// Returns an error if the configuration is invalid.
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

    /// Reserves capacity for the call on the host with the most available, except those in `tried`. Ties are broken at
    /// random.
    ///
    /// Returns `None` if no host has capacity, or if the call already has a reservation.
    #[must_use]
    pub fn reserve(&self, call_id: Uuid, tried: &[HostId]) -> Option<Reservation> {
        let ticket = self.0.capacity().reserve(call_id, tried, Instant::now())?;
        Some(Reservation {
            fleet: Arc::clone(&self.0),
            ticket,
        })
    }

    /// Returns whether any host has capacity.
    #[must_use]
    pub fn has_capacity(&self) -> bool {
        self.0.capacity().has_capacity(Instant::now())
    }

    /// Returns whether the call has a reservation.
    #[must_use]
    pub fn has_reservation(&self, call_id: Uuid) -> bool {
        self.0.capacity().has_reservation(call_id)
    }

    /// Releases the reservation of a call whose result has arrived.
    pub fn release(&self, call_id: Uuid) {
        self.0.free(|capacity| capacity.release(call_id));
    }

    /// Returns the current status of all hosts.
    #[must_use]
    pub fn status(&self) -> FleetStatus {
        self.0.capacity().status(Instant::now())
    }

    /// Returns a receiver that is notified when capacity may have become available.
    ///
    /// Subscribe before calling [`Fleet::reserve`]; then `changed()` misses no change in between.
    #[must_use]
    pub fn capacity_changes(&self) -> watch::Receiver<()> {
        self.0.room.subscribe()
    }

    /// Returns whether any host is configured.
    #[must_use]
    pub fn is_configured(&self) -> bool {
        !self.0.hosts.is_empty()
    }

    /// Returns whether a host reports that it is simulated: no real phone rings.
    #[must_use]
    pub fn is_simulated(&self) -> bool {
        self.0.capacity().is_simulated()
    }

    /// Returns the time limit of a dial request.
    #[must_use]
    pub fn dial_timeout(&self) -> Duration {
        self.0.dial_timeout
    }

    /// Returns the name of the header by which a worker authenticates when it posts a result.
    #[must_use]
    pub fn secret_header(&self) -> &HeaderName {
        &self.0.secret_header
    }

    /// Compares the presented secret with the fleet secret in constant time.
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

/// State shared by all handles. The lock on `capacity` is never held across an await.
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
    /// Locks the capacity accounting. Poisoning is ignored: every critical section leaves it consistent.
    pub(crate) fn capacity(&self) -> MutexGuard<'_, Capacity> {
        self.capacity.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Applies a change that may free capacity, and notifies the receivers of [`Fleet::capacity_changes`].
    pub(crate) fn free<T>(&self, change: impl FnOnce(&mut Capacity) -> T) -> T {
        let result = change(&mut self.capacity());
        self.room.send_replace(());
        result
    }

    /// Returns the address of a host by its index.
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
