//! Script of a fake host, and records of the requests that it received.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use bytes::Bytes;
use reqwest::Url;
use reqwest::header::{HeaderMap, HeaderName};
use serde::Deserialize;

use crate::secret::FleetSecret;

/// Initial configuration of a fake host.
#[derive(Clone, Debug)]
pub struct Script {
    /// Address to listen on. Default: a free port on the loopback interface.
    pub listen: SocketAddr,
    /// Number of workers. Each carries one call.
    pub workers: u16,
    /// Name of the header with the secret, in requests to the host and in its own.
    pub secret_header: HeaderName,
    /// Secret in that header.
    pub secret: FleetSecret,
    /// Ids of bots that do not exist on this host.
    pub unknown_bots: Vec<String>,
    /// URL to which results are posted. Default: results are not posted.
    pub results_url: Option<Url>,
    /// Duration of an answered call; other calls last half as long. `None`: until [`super::FakeHost::end_calls`].
    pub calls_last: Option<Duration>,
    /// Every n-th result is posted twice; 0 disables this.
    pub duplicate_every: u64,
    /// Delay before the first retry of a result. It doubles with each of the four retries.
    pub results_pause: Duration,
}

impl Default for Script {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            workers: 20,
            secret_header: HeaderName::from_static("x-fleet-secret"),
            secret: FleetSecret::new("simulated-fleet-secret".to_owned()),
            unknown_bots: Vec::new(),
            results_url: None,
            calls_last: None,
            duplicate_every: 0,
            results_pause: Duration::from_secs(1),
        }
    }
}

/// Behaviour of a fake host.
///
/// A dial request counts as dialled unless the response proves otherwise, so that tests detect a second attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Behaviour {
    /// Follows the contract.
    Honest,
    /// Follows the contract, but holds the response back until [`super::FakeHost::let_go`].
    Held,
    /// Sends a fixed status and body.
    Answer {
        /// Status. With 400 to 499, or 503, nothing is dialled.
        status: u16,
        /// The body.
        body: String,
    },
    /// Rejects the call for lack of capacity, but only after [`super::FakeHost::let_go`].
    TurnedAwayLate,
    /// The worker dials, and a proxy in front of it sends this response instead of the worker's.
    Proxy {
        /// The status.
        status: u16,
        /// The `Content-Type`.
        content_type: &'static str,
        /// The body.
        body: &'static str,
    },
    /// Redirects to a URL.
    Redirect(String),
    /// Sends 200 and an endless body.
    Oversized,
    /// Closes the connection without a response.
    HangUp,
    /// Sends 200 and the start of a body, then closes the connection.
    BreakOff,
}

impl Behaviour {
    /// Sends the status with a body such as workers send.
    #[must_use]
    pub fn status(status: u16) -> Self {
        let body = serde_json::json!({"detail": format!("scripted response {status}")}).to_string();
        Self::Answer { status, body }
    }

    /// Sends 200 with the body.
    #[must_use]
    pub fn lying(body: &str) -> Self {
        Self::Answer {
            status: 200,
            body: body.to_owned(),
        }
    }

    /// Returns whether a dial request counts as dialled although the response is outside the contract.
    pub(super) fn dials(&self) -> bool {
        match self {
            Self::Answer { status, .. } => !((400..500).contains(status) || *status == 503),
            Self::TurnedAwayLate => false,
            _ => true,
        }
    }
}

/// A received request.
#[derive(Clone, Debug)]
pub struct ReceivedRequest {
    /// The method, e.g. `POST`.
    pub method: String,
    /// The path.
    pub path: String,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

/// A call that was dialled.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct ReceivedDial {
    /// The bot that speaks.
    pub bot_id: String,
    /// The called number.
    pub to_number: String,
    /// The caller id.
    pub from_number: Option<String>,
    /// The bot's variables.
    #[serde(default)]
    pub connected_event: BTreeMap<String, String>,
    /// URL of the worker's configuration.
    pub config_url: Option<String>,
}
