//! What a fleet is made of.

use std::fmt;
use std::time::Duration;

use reqwest::Url;
use reqwest::header::HeaderName;

use crate::host::HostId;
use crate::secret::FleetSecret;

/// Who the hosts are and how long they may take. The default names no host: a fleet that is not configured.
#[derive(Clone)]
pub struct FleetConfig {
    /// The hosts' base addresses.
    pub hosts: Vec<Url>,
    /// The header that carries the secret. Its name differs per deployment.
    pub secret_header: HeaderName,
    /// The secret that the fleet and we share.
    pub secret: FleetSecret,
    /// Passed on to the worker with each call, as `config_url`.
    pub config_url: Option<Url>,
    /// How long a host is left alone between two questions after its health, give or take a fifth. 10 s unless told.
    pub poll_interval: Duration,
    /// How long a host may take to tell its health. 20 s unless told (platform, section 3).
    pub health_timeout: Duration,
    /// How long a host may take to connect, a part of the other limits. 5 s unless told.
    pub connect_timeout: Duration,
    /// How long a host may take to answer whether it dials. 60 s unless told (platform, section 3).
    pub dial_timeout: Duration,
    /// How long beyond `dial_timeout` room stays reserved for a call of which nothing is heard. 60 s unless told:
    /// time for two questions after the host's health.
    pub reservation_margin: Duration,
}

impl Default for FleetConfig {
    fn default() -> Self {
        Self {
            hosts: Vec::new(),
            secret_header: HeaderName::from_static("x-fleet-secret"),
            secret: FleetSecret::new(String::new()),
            config_url: None,
            poll_interval: Duration::from_secs(10),
            health_timeout: Duration::from_secs(20),
            connect_timeout: Duration::from_secs(5),
            dial_timeout: Duration::from_secs(60),
            reservation_margin: Duration::from_secs(60),
        }
    }
}

impl fmt::Debug for FleetConfig {
    /// Leaves out the addresses: they may carry credentials.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FleetConfig")
            .field("hosts", &self.hosts.len())
            .field("secret_header", &self.secret_header)
            .field("secret", &self.secret)
            .finish_non_exhaustive()
    }
}

/// Why no fleet can be made of a [`FleetConfig`].
#[derive(Debug, thiserror::Error)]
pub enum FleetConfigError {
    /// The address is no host's.
    #[error("{0}: a voice host's address starts with http:// or https:// and has neither ? nor #")]
    UnfitHost(HostId),
    /// The same host twice would count its room twice.
    #[error("{0}: this voice host is named twice")]
    RepeatedHost(HostId),
    /// There are hosts, but no secret to prove ourselves with.
    #[error("voice hosts are configured, but the secret that is shared with them is not")]
    NoSecret,
    /// The secret cannot travel in a header.
    #[error("the fleet secret holds a line break or another character that no header can carry")]
    UnfitSecret,
    /// No HTTP client can be made on this machine.
    #[error("no HTTP client can be made: {0}")]
    Client(String),
}
