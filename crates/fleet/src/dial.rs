//! Dial requests and their outcomes.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

/// A dial request. `Debug` omits numbers and variables: they are personal data.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct Dial {
    /// Id of the bot that speaks.
    pub bot_id: String,
    /// Number to call, in E.164.
    pub to_number: String,
    /// Caller id, in E.164. If it is absent, the worker chooses one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from_number: Option<String>,
    /// Variables of the bot, and `ori_call_id`, by which results are matched.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub connected_event: BTreeMap<String, String>,
}

impl fmt::Debug for Dial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dial")
            .field("bot_id", &self.bot_id)
            .finish_non_exhaustive()
    }
}

/// Proven outcome of a dial request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DialOutcome {
    /// The worker accepted the call.
    Accepted {
        /// Id that the worker gave the call.
        worker_call_id: String,
        /// LiveKit room of the call, if the worker sent one.
        room_name: Option<String>,
    },
    /// Nothing was dialled; another host may be tried.
    NotDialled(NotDialled),
    /// Nothing was dialled, and every other host would refuse as well.
    Refused(Refusal),
    /// The worker may have dialled. The call must never be dialled again.
    Unknown {
        /// Description of the error, without secrets and URLs.
        why: String,
    },
}

impl fmt::Display for DialOutcome {
    /// Formats the outcome for a log line, without the call data that the worker sent.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Accepted { .. } => f.write_str("accepted"),
            Self::NotDialled(why) => write!(f, "not dialled: {why}"),
            Self::Refused(refusal) => write!(f, "refused with status {}", refusal.status),
            Self::Unknown { why } => write!(f, "unknown: {why}"),
        }
    }
}

/// Reason for which a host certainly did not dial.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotDialled {
    /// The worker sent 429: the host is full. It is offered no calls until its next health response.
    AtCapacity,
    /// The worker sent 503: the host is not configured to dial. It counts as unhealthy until its next health response.
    NotConfigured,
    /// Connecting failed, so nothing was sent. The host counts as unhealthy until its next health response.
    Unreachable {
        /// Description of the error, without secrets and URLs.
        why: String,
    },
    /// The reservation expired before it was used, so no request was sent.
    Lapsed,
}

impl fmt::Display for NotDialled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AtCapacity => f.write_str("the host is at capacity"),
            Self::NotConfigured => f.write_str("the host is not configured"),
            Self::Unreachable { why } => f.write_str(why),
            Self::Lapsed => f.write_str("the reservation has expired"),
        }
    }
}

/// Refusal for a reason in the request, not in the host's capacity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// HTTP status of the response.
    pub status: u16,
    /// Meaning of the status.
    pub reason: RefusalReason,
    /// `detail` of the response, at most 300 characters, with the fleet secret redacted.
    pub detail: Option<String>,
}

/// Meaning of a refusal's status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefusalReason {
    /// 404: the bot does not exist.
    BotNotFound,
    /// 403: the worker rejects the fleet secret.
    WrongSecret,
    /// Any other status from 400 to 499.
    Other,
}
