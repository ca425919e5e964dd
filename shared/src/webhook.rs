//! Webhooks: events pushed to a client system (Standard Webhooks, standardwebhooks.com).

use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::call::CallView;
use crate::newer_words;
use crate::timestamp;

/// Maximum length of a webhook's URL, in bytes.
pub const URL_MAX: usize = 2048;

/// The receiver of the events of a key's calls: `PUT /api/v1/api-keys/{id}/webhook`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct PutWebhook {
    /// The receiver's address: an https address without credentials and without a fragment.
    #[cfg_attr(
        feature = "openapi",
        schema(
            format = "uri",
            max_length = 2048,
            examples("https://crm.example.com/hooks/ori")
        )
    )]
    pub url: String,
}

/// A key's webhook, without its secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WebhookView {
    /// The receiver's address.
    pub url: String,
    /// Time at which the webhook was created.
    #[serde(serialize_with = "timestamp::serialize")]
    pub created_at: DateTime<Utc>,
    /// Time at which its address was last set.
    #[serde(serialize_with = "timestamp::serialize")]
    pub updated_at: DateTime<Utc>,
    /// Time at which it was disabled; `null` while it is enabled. Setting the address again enables it.
    #[serde(serialize_with = "timestamp::serialize_option")]
    pub disabled_at: Option<DateTime<Utc>>,
    /// The reason, as a word: `gone` if the receiver responded with 410.
    pub disabled_reason: Option<String>,
}

/// Response to the creation of a webhook. Apart from the response to a rotation, it is the only one with the secret.
///
/// It cannot be cloned, and `Debug` redacts the secret.
#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(
    feature = "openapi",
    schema(
        description = "Response to the creation of a webhook. Apart from the response to a rotation, it is the only one with the secret."
    )
)]
pub struct CreatedWebhook {
    /// The secret with which the receiver verifies signatures. It is shown only once.
    #[cfg_attr(
        feature = "openapi",
        schema(
            examples("whsec_EXAMPLEexampleEXAMPLEexampleEXAMPLEexample0="),
            pattern = "^whsec_[A-Za-z0-9+/]{43}=$"
        )
    )]
    pub secret: String,
    /// The webhook without its secret.
    #[serde(flatten)]
    pub view: WebhookView,
}

impl fmt::Debug for CreatedWebhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CreatedWebhook")
            .field("secret", &"[redacted]")
            .field("view", &self.view)
            .finish()
    }
}

/// Response to a rotation. For 24 hours, events are also signed with the previous secret.
#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RotatedSecret {
    /// The new secret with which the receiver verifies signatures. It is shown only once.
    #[cfg_attr(
        feature = "openapi",
        schema(
            examples("whsec_EXAMPLEexampleEXAMPLEexampleEXAMPLEexample0="),
            pattern = "^whsec_[A-Za-z0-9+/]{43}=$"
        )
    )]
    pub secret: String,
}

impl fmt::Debug for RotatedSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RotatedSecret([redacted])")
    }
}

/// Type of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum CallEventType {
    /// The conversation took place.
    #[serde(rename = "call.completed")]
    Completed,
    /// The call was dialled and not answered by a person.
    #[serde(rename = "call.failed")]
    Failed,
    /// A machine picked up.
    #[serde(rename = "call.voicemail")]
    Voicemail,
    /// The call was sent to a voice worker whose response was lost. A result may still come.
    #[serde(rename = "call.unknown")]
    Unknown,
    /// A call that waited, or that a crash interrupted, was not dialled.
    #[serde(rename = "call.refused")]
    Refused,
    /// A later result changed a call that had ended.
    #[serde(rename = "call.updated")]
    Updated,
}

impl CallEventType {
    /// All types.
    pub const ALL: [Self; 6] = [
        Self::Completed,
        Self::Failed,
        Self::Voicemail,
        Self::Unknown,
        Self::Refused,
        Self::Updated,
    ];

    /// Returns the name on the wire and in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Completed => "call.completed",
            Self::Failed => "call.failed",
            Self::Voicemail => "call.voicemail",
            Self::Unknown => "call.unknown",
            Self::Refused => "call.refused",
            Self::Updated => "call.updated",
        }
    }

    /// Parses a wire name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}

/// The body of an event, in the form that Standard Webhooks recommends. Each attempt to deliver it sends the same bytes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CallEventPayload {
    /// The type of the event.
    #[serde(rename = "type")]
    pub kind: CallEventType,
    /// Time of the event.
    #[serde(serialize_with = "timestamp::serialize")]
    pub timestamp: DateTime<Utc>,
    /// The call at that time, as `GET /api/v1/calls/{id}` returns it, without its history.
    pub data: CallView,
}

/// Status of a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum DeliveryStatus {
    /// An attempt is under way or scheduled.
    Pending,
    /// The receiver has accepted it.
    Delivered,
    /// No further attempt will be made, unless it is replayed.
    Failed,
}

impl DeliveryStatus {
    /// All statuses.
    pub const ALL: [Self; 3] = [Self::Pending, Self::Delivered, Self::Failed];

    /// Returns the name on the wire and in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
        }
    }

    /// Parses a wire name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == name)
    }
}

/// Delivery of an event to a key's webhook.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WebhookDelivery {
    /// The event's id, which the receiver sees as `webhook-id`: the same in each attempt and each replay.
    pub id: Uuid,
    /// The key of the call.
    pub key_id: Uuid,
    /// The call of the event.
    pub call_id: Uuid,
    /// The type of the event.
    #[serde(deserialize_with = "newer_words::extensible")]
    pub event_type: CallEventType,
    /// The status of the delivery.
    #[serde(deserialize_with = "newer_words::extensible")]
    pub status: DeliveryStatus,
    /// Number of attempts, including replays.
    pub attempts: u32,
    /// Time of the last attempt.
    #[serde(serialize_with = "timestamp::serialize_option")]
    pub last_attempt_at: Option<DateTime<Utc>>,
    /// The HTTP status of the receiver's last response; `null` if there was none.
    pub last_status: Option<u16>,
    /// The error of the last attempt, as a word: `bad_status`, `redirected`, `gone`, `timed_out`, `name_not_found`,
    /// `private_address`, `not_connected`, `certificate_invalid`, `tls_failed`, `connection_broke`; or, without an attempt,
    /// `expired` (76 h had passed), `webhook_removed`, `webhook_disabled`.
    pub last_error: Option<String>,
    /// Time of the next attempt; `null` if there will be none.
    #[serde(serialize_with = "timestamp::serialize_option")]
    pub next_attempt_at: Option<DateTime<Utc>>,
    /// Time of the event.
    #[serde(serialize_with = "timestamp::serialize")]
    pub created_at: DateTime<Utc>,
}

/// One page of the deliveries, newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WebhookDeliveryPage {
    /// The deliveries of this page.
    pub items: Vec<WebhookDelivery>,
    /// Send this as `cursor` to read the next page; `null` on the last page.
    pub next_cursor: Option<Uuid>,
    /// The server's clock when the page was read.
    #[serde(serialize_with = "timestamp::serialize")]
    pub server_time: DateTime<Utc>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_survive_a_round_trip() {
        for kind in CallEventType::ALL {
            assert_eq!(CallEventType::parse(kind.as_str()), Some(kind));
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
        }
        for status in DeliveryStatus::ALL {
            assert_eq!(DeliveryStatus::parse(status.as_str()), Some(status));
            assert_eq!(serde_json::to_value(status).unwrap(), status.as_str());
        }
    }

    #[test]
    fn debug_redacts_the_secret() {
        let view = WebhookView {
            url: "https://crm.example.com/".into(),
            created_at: DateTime::UNIX_EPOCH,
            updated_at: DateTime::UNIX_EPOCH,
            disabled_at: None,
            disabled_reason: None,
        };
        let secret = || "whsec_hidden".to_owned();
        let created = CreatedWebhook {
            secret: secret(),
            view,
        };
        let rotated = RotatedSecret { secret: secret() };
        assert!(!format!("{created:?}{rotated:?}").contains("hidden"));
    }
}
