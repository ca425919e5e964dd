//! Status of the voice fleet, and reasons for the end of a call.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::newer_words;
use crate::timestamp;

/// `GET /api/v1/fleet/status`: the current capacity of the fleet.
///
/// The totals count healthy hosts only.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FleetStatus {
    /// Maximum number of concurrent calls of the fleet.
    pub total_capacity: u64,
    /// Number of current calls, as reported by the hosts.
    pub active_calls: u64,
    /// Number of calls that could be placed now: the free capacity of the hosts without the reserved one.
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
    /// Whether the host can dial.
    #[serde(deserialize_with = "newer_words::extensible")]
    pub state: HostState,
    /// Whether the host reports that it is simulated.
    pub simulated: bool,
    /// The last error, in words; `null` if there is none.
    pub last_error: Option<String>,
    /// Time of the last health check; `null` before the first one.
    #[serde(serialize_with = "timestamp::serialize_option")]
    pub last_checked_at: Option<DateTime<Utc>>,
    /// Number of current calls, as reported by the host; `null` unless it is healthy.
    pub fleet_calls: Option<u64>,
    /// Maximum number of concurrent calls; `null` unless the host is healthy.
    pub fleet_max: Option<u64>,
    /// Free capacity, as reported by the host; `null` unless it is healthy.
    pub fleet_available: Option<u64>,
    /// Number of calls that were or are being sent to the host and that its report does not include yet.
    pub reserved: u64,
    /// The host's workers as last reported.
    pub workers: Vec<WorkerStatus>,
}

/// Whether a host can dial.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum HostState {
    /// Its last response conformed to the contract.
    Healthy,
    /// It did not respond, violated the contract, or could not be reached for a call.
    Unhealthy,
    /// It was not checked yet.
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
    /// Number of current calls of the worker; `null` if the host does not know it.
    pub calls: Option<u64>,
    /// The host's remark about the worker, e.g. `unreachable`; `null` if there is none.
    #[cfg_attr(feature = "openapi", schema(examples("unreachable")))]
    pub status: Option<String>,
}

/// The reason for the end of a call, as reported by a worker. Unknown words are preserved.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum DisconnectedBy {
    /// The call was not answered.
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
