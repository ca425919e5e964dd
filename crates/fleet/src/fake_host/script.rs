//! What a scripted host is told, and what it tells.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use bytes::Bytes;
use reqwest::Url;
use reqwest::header::{HeaderMap, HeaderName};
use serde::Deserialize;

use crate::secret::FleetSecret;

/// What a scripted host is from its start.
#[derive(Clone, Debug)]
pub struct Script {
    /// Where it listens; a free port of this machine unless told.
    pub listen: SocketAddr,
    /// How many workers it has, of one call each.
    pub workers: u16,
    /// The header in which callers prove themselves, and it to them.
    pub secret_header: HeaderName,
    /// The secret in that header.
    pub secret: FleetSecret,
    /// Bots that it does not know.
    pub unknown_bots: Vec<String>,
    /// Where results are posted; nowhere unless told.
    pub results_url: Option<Url>,
    /// How long an answered call lasts, others half of that; `None` until [`super::ScriptedHost::end_calls`].
    pub calls_last: Option<Duration>,
    /// Each so-many-th result is posted twice; 0 for none.
    pub duplicate_every: u64,
    /// How long it waits before it posts a result again that found nobody; doubled each time, four times in all.
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

/// How a scripted host answers from now on.
///
/// Asked to dial, it dials whenever the caller cannot be sure that it does not: that is what tests are to catch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Behaviour {
    /// As the contract says.
    Honest,
    /// As the contract says, but the answer is held back until [`super::ScriptedHost::let_go`].
    Held,
    /// That status and body whatever is asked.
    Answer {
        /// The status. With one from 400 to 499, or 503, nothing is dialled.
        status: u16,
        /// The body.
        body: String,
    },
    /// Turns the call away as a worker without capacity does, but only after [`super::ScriptedHost::let_go`].
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
    /// A redirect to that address.
    Redirect(String),
    /// 200 and an endless body.
    Oversized,
    /// No answer: the connection is closed.
    HangUp,
    /// 200 and the start of a body, then the connection is closed.
    BreakOff,
}

impl Behaviour {
    /// That status, with a body such as workers send.
    #[must_use]
    pub fn status(status: u16) -> Self {
        let body = serde_json::json!({"detail": format!("scripted answer {status}")}).to_string();
        Self::Answer { status, body }
    }

    /// 200 with that body.
    #[must_use]
    pub fn lying(body: &str) -> Self {
        Self::Answer {
            status: 200,
            body: body.to_owned(),
        }
    }

    /// Whether it dials although its answer does not follow the contract.
    pub(super) fn dials(&self) -> bool {
        match self {
            Self::Answer { status, .. } => !((400..500).contains(status) || *status == 503),
            Self::TurnedAwayLate => false,
            _ => true,
        }
    }
}

/// A request that arrived.
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

/// A call that was really dialled.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct ReceivedDial {
    /// The bot that speaks.
    pub bot_id: String,
    /// The number that is called.
    pub to_number: String,
    /// The number that is shown.
    pub from_number: Option<String>,
    /// The bot's variables.
    #[serde(default)]
    pub connected_event: BTreeMap<String, String>,
    /// Where the worker is to read its configuration.
    pub config_url: Option<String>,
}
