//! Configuration of the fleet.

use std::fmt;
use std::time::Duration;

use reqwest::Url;
use reqwest::header::HeaderName;

use crate::host::HostId;
use crate::secret::FleetSecret;

/// Hosts, credentials and time limits. The default has no hosts: a fleet that is not configured.
#[derive(Clone)]
pub struct FleetConfig {
    /// Base URLs of the hosts.
    pub hosts: Vec<Url>,
    /// Name of the header that carries the secret; differs per deployment.
    pub secret_header: HeaderName,
    /// Secret shared between the fleet and the server.
    pub secret: FleetSecret,
    /// Sent to the worker with each call, as `config_url`.
    pub config_url: Option<Url>,
    /// Interval between two health checks of a host, varied by a fifth. Default: 10 s.
    pub poll_interval: Duration,
    /// Time limit of a health check. Default: 20 s (platform, section 3).
    pub health_timeout: Duration,
    /// Time limit of connecting, included in the other limits. Default: 5 s.
    pub connect_timeout: Duration,
    /// Time limit of a dial request. Default: 60 s (platform, section 3).
    pub dial_timeout: Duration,
    /// Time after `dial_timeout` at which the reservation of an unsettled call expires. Default: 60 s, which allows for
    /// two health checks.
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
    /// Omits the URLs, which may carry credentials.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FleetConfig")
            .field("hosts", &self.hosts.len())
            .field("secret_header", &self.secret_header)
            .field("secret", &self.secret)
            .finish_non_exhaustive()
    }
}

/// Error in a [`FleetConfig`].
#[derive(Debug, thiserror::Error)]
pub enum FleetConfigError {
    /// The URL cannot be that of a host.
    #[error("{0}: the URL of a voice host must start with http:// or https:// and must not contain ? or #")]
    UnfitHost(HostId),
    /// A host is listed twice, which would count its capacity twice.
    #[error("{0}: this voice host is listed twice")]
    RepeatedHost(HostId),
    /// Hosts are configured without a secret.
    #[error("voice hosts are configured, but the fleet secret is not")]
    NoSecret,
    /// The secret is not a valid header value.
    #[error("the fleet secret contains a line break or another character that is not allowed in a header")]
    UnfitSecret,
    /// The HTTP client cannot be created on this machine.
    #[error("cannot create an HTTP client: {0}")]
    Client(String),
}
