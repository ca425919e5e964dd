//! Status of the voice fleet, and reasons for the end of a call.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::newer_words;
use crate::timestamp;

/// `GET /api/v1/fleet/status`: what the fleet can do at this moment.
///
/// The totals count healthy hosts only.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FleetStatus {
    /// How many calls the fleet can hold at once.
    pub total_capacity: u64,
    /// How many calls the hosts said they hold.
    pub active_calls: u64,
    /// How many more calls could be placed now: what the hosts have free, less what is reserved.
    pub available: u64,
    /// Whether a host is simulated: no real phone rings there.
    pub simulated: bool,
    /// Each host, in the order of the configuration.
    pub hosts: Vec<HostStatus>,
}

/// One host of the fleet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct HostStatus {
    /// The host's address, without credentials.
    #[cfg_attr(feature = "openapi", schema(examples("https://voice-1.example.com")))]
    pub host: String,
    /// Whether the host can be asked to dial.
    #[serde(deserialize_with = "newer_words::extensible")]
    pub state: HostState,
    /// Whether the host says that it is simulated.
    pub simulated: bool,
    /// What is wrong, in words; `null` where nothing is known to be.
    pub last_error: Option<String>,
    /// When the host's health was last learned; `null` before the first time.
    #[serde(serialize_with = "timestamp::serialize_option")]
    pub last_checked_at: Option<DateTime<Utc>>,
    /// How many calls the host said it holds; `null` unless it is healthy.
    pub fleet_calls: Option<u64>,
    /// How many calls the host can hold at once; `null` unless it is healthy.
    pub fleet_max: Option<u64>,
    /// How many more calls the host said it can take; `null` unless it is healthy.
    pub fleet_available: Option<u64>,
    /// How many calls we gave or are giving to the host that its numbers cannot count yet.
    pub reserved: u64,
    /// The host's workers as it last told of them.
    pub workers: Vec<WorkerStatus>,
}

/// Whether a host can be asked to dial.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum HostState {
    /// Its last answer kept every rule of the contract.
    Healthy,
    /// It did not answer, answered against the contract, or could not be reached when it was to dial.
    Unhealthy,
    /// It was not asked yet.
    Unknown,
}

impl HostState {
    /// Returns the name on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::Unhealthy => "unhealthy",
            Self::Unknown => "unknown",
        }
    }

    /// Parses a wire name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Healthy, Self::Unhealthy, Self::Unknown]
            .into_iter()
            .find(|state| state.as_str() == name)
    }
}

/// One worker of a host: it holds one call at a time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WorkerStatus {
    /// The port that the worker listens on.
    pub port: u16,
    /// How many calls the worker holds; `null` where the host could not say.
    pub calls: Option<u64>,
    /// What the host says of the worker, e.g. `unreachable`; `null` where it has nothing to remark.
    #[cfg_attr(feature = "openapi", schema(examples("unreachable")))]
    pub status: Option<String>,
}

/// Why a call ended, as a worker tells it. A word that we do not know survives as it is.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum DisconnectedBy {
    /// Nobody picked up.
    NoAnswer,
    /// The called side was busy or declined.
    Rejected,
    /// The call could not be placed, or broke.
    Error,
    /// A machine picked up.
    Voicemail,
    /// Any other word, e.g. `user` or `bot`: the call took place.
    Other(String),
}

impl DisconnectedBy {
    /// Returns the reason that corresponds to a SIP status (platform, section 3).
    #[must_use]
    pub const fn from_sip(status: u16) -> Self {
        match status {
            408 | 480 => Self::NoAnswer,
            486 | 603 => Self::Rejected,
            _ => Self::Error,
        }
    }

    /// Returns the word on the wire.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::NoAnswer => "no_answer",
            Self::Rejected => "rejected",
            Self::Error => "error",
            Self::Voicemail => "voicemail",
            Self::Other(word) => word,
        }
    }
}

impl From<String> for DisconnectedBy {
    fn from(word: String) -> Self {
        match word.as_str() {
            "no_answer" => Self::NoAnswer,
            "rejected" => Self::Rejected,
            "error" => Self::Error,
            "voicemail" => Self::Voicemail,
            _ => Self::Other(word),
        }
    }
}

impl From<DisconnectedBy> for String {
    fn from(why: DisconnectedBy) -> Self {
        match why {
            DisconnectedBy::Other(word) => word,
            known => known.as_str().to_owned(),
        }
    }
}

#[cfg(feature = "openapi")]
mod schema {
    use utoipa::openapi::{RefOr, Schema};
    use utoipa::{PartialSchema, ToSchema};

    use super::DisconnectedBy;

    // A plain string: a derived schema would list variants, and no list is complete.
    impl PartialSchema for DisconnectedBy {
        fn schema() -> RefOr<Schema> {
            String::schema()
        }
    }

    impl ToSchema for DisconnectedBy {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sip_status_maps_to_the_word_of_the_platform() {
        for (status, word) in [
            (408, "no_answer"),
            (480, "no_answer"),
            (486, "rejected"),
            (603, "rejected"),
            (404, "error"),
            (500, "error"),
            (0, "error"),
        ] {
            assert_eq!(DisconnectedBy::from_sip(status).as_str(), word, "{status}");
        }
    }

    #[test]
    fn every_word_survives_a_round_trip() {
        for word in [
            "no_answer",
            "rejected",
            "error",
            "voicemail",
            "user",
            "",
            "Ünknown word",
        ] {
            let json = serde_json::to_value(word).unwrap();
            let why: DisconnectedBy = serde_json::from_value(json.clone()).unwrap();
            assert_eq!(why.as_str(), word);
            assert_eq!(serde_json::to_value(why).unwrap(), json);
        }
    }
}
