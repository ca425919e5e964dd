//! What a worker is asked, and what is certain afterwards.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

/// A call to be placed. `Debug` shows neither numbers nor variables: they are personal.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct Dial {
    /// The bot that speaks.
    pub bot_id: String,
    /// The number to call, in E.164.
    pub to_number: String,
    /// The number to show, in E.164; the worker's own choice where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from_number: Option<String>,
    /// The bot's variables and our `ori_call_id`, by which results are matched.
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

/// What is certain once a worker was asked to dial.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DialOutcome {
    /// The worker dials.
    Accepted {
        /// The worker's own id of the call.
        worker_call_id: String,
        /// The room that the call takes place in, where the worker named one.
        room_name: Option<String>,
    },
    /// Nothing was dialled, and another host may be asked.
    NotDialled(NotDialled),
    /// Nothing was dialled, and no other host would do otherwise.
    Refused(Refusal),
    /// The worker may have dialled. This call must never be dialled again.
    Unknown {
        /// What happened, in words, without secrets and addresses.
        why: String,
    },
}

impl fmt::Display for DialOutcome {
    /// A few words for a log: nothing of what the worker said of the call itself.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Accepted { .. } => f.write_str("accepted"),
            Self::NotDialled(why) => write!(f, "not dialled: {why}"),
            Self::Refused(refusal) => write!(f, "refused with status {}", refusal.status),
            Self::Unknown { why } => write!(f, "unknown: {why}"),
        }
    }
}

/// Why a host did not dial, for certain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotDialled {
    /// The worker's own 429: the host has no room. It gets no further call until it has told its health anew.
    AtCapacity,
    /// The worker's own 503: the host is not set up to dial. It counts as unhealthy until it has told its health anew.
    NotConfigured,
    /// No connection came about, so nothing was sent. The host counts as unhealthy until it has told its health anew.
    Unreachable {
        /// What happened, in words, without secrets and addresses.
        why: String,
    },
    /// The reservation had ended before it was used, so the host was not asked.
    Lapsed,
}

impl fmt::Display for NotDialled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AtCapacity => f.write_str("the host has no room"),
            Self::NotConfigured => f.write_str("the host is not configured"),
            Self::Unreachable { why } => f.write_str(why),
            Self::Lapsed => f.write_str("the reservation had ended"),
        }
    }
}

/// A refusal that is about the request, not about the host's room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The status that the worker answered with.
    pub status: u16,
    /// What the status stands for.
    pub reason: RefusalReason,
    /// The worker's own words, at most 300 characters, without our secret.
    pub detail: Option<String>,
}

/// What a refusal stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefusalReason {
    /// 404: there is no such bot.
    BotNotFound,
    /// 403: the worker does not accept our secret.
    WrongSecret,
    /// Another status from 400 to 499.
    Other,
}
