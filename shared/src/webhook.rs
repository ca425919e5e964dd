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

/// Where the events of a key's calls are to go: `PUT /api/v1/api-keys/{id}/webhook`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct PutWebhook {
    /// Where the events go: an https address without credentials and without a fragment.
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
    /// Where the events go.
    pub url: String,
    /// When the key got its webhook.
    #[serde(serialize_with = "timestamp::serialize")]
    pub created_at: DateTime<Utc>,
    /// When its address was last set.
    #[serde(serialize_with = "timestamp::serialize")]
    pub updated_at: DateTime<Utc>,
    /// Since when no events go there; `null` where they do. Setting the address again lets them go there again.
    #[serde(serialize_with = "timestamp::serialize_option")]
    pub disabled_at: Option<DateTime<Utc>>,
    /// Why, as a word: `gone` where the receiver answered 410.
    pub disabled_reason: Option<String>,
}

/// The answer to the first address of a key: besides the answer to a rotation, the only one that carries the secret.
///
/// It cannot be cloned and its `Debug` shows no secret, so that the secret stays where it was put.
#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(
    feature = "openapi",
    schema(
        description = "The answer to the first address of a key: besides the answer to a rotation, the only one that carries the secret."
    )
)]
pub struct CreatedWebhook {
    /// What the receiver checks signatures with. It is shown this once.
    #[cfg_attr(
        feature = "openapi",
        schema(
            examples("whsec_EXAMPLEexampleEXAMPLEexampleEXAMPLEexample0="),
            pattern = "^whsec_[A-Za-z0-9+/]{43}=$"
        )
    )]
    pub secret: String,
    /// The webhook as it will be shown.
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

/// The answer to a rotation. For 24 hours events are signed with the secret before as well.
#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RotatedSecret {
    /// What the receiver checks signatures with from now on. It is shown this once.
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

/// What an event says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum CallEventType {
    /// The conversation took place.
    #[serde(rename = "call.completed")]
    Completed,
    /// The call was dialled, and nobody was reached.
    #[serde(rename = "call.failed")]
    Failed,
    /// A machine picked up.
    #[serde(rename = "call.voicemail")]
    Voicemail,
    /// A voice worker was asked and its answer was lost. A result may still come.
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
    /// What happened.
    #[serde(rename = "type")]
    pub kind: CallEventType,
    /// When it happened.
    #[serde(serialize_with = "timestamp::serialize")]
    pub timestamp: DateTime<Utc>,
    /// The call as it stood then, as `GET /api/v1/calls/{id}` tells it, without its history.
    pub data: CallView,
}

/// Where the delivery of an event stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum DeliveryStatus {
    /// It is, or will be, tried.
    Pending,
    /// The receiver has taken it.
    Delivered,
    /// It is not tried any more, unless it is replayed.
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

/// An event on its way to a key's webhook.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WebhookDelivery {
    /// The event's id, which the receiver sees as `webhook-id`: the same in each attempt and each replay.
    pub id: Uuid,
    /// The key whose call it tells of.
    pub key_id: Uuid,
    /// The call that it tells of.
    pub call_id: Uuid,
    /// What it says.
    #[serde(deserialize_with = "newer_words::extensible")]
    pub event_type: CallEventType,
    /// Where it stands.
    #[serde(deserialize_with = "newer_words::extensible")]
    pub status: DeliveryStatus,
    /// How often it was tried, replays included.
    pub attempts: u32,
    /// When it was last tried.
    #[serde(serialize_with = "timestamp::serialize_option")]
    pub last_attempt_at: Option<DateTime<Utc>>,
    /// The HTTP status that the receiver answered with; `null` where there was no answer.
    pub last_status: Option<u16>,
    /// Why it was not delivered, as a word: `bad_status`, `redirected`, `gone`, `timed_out`, `name_not_found`,
    /// `private_address`, `not_connected`, `certificate_invalid`, `tls_failed`, `connection_broke`; or, without being tried, `expired` (76 h had passed),
    /// `webhook_removed`, `webhook_disabled`.
    pub last_error: Option<String>,
    /// When it is tried next; `null` where it is not.
    #[serde(serialize_with = "timestamp::serialize_option")]
    pub next_attempt_at: Option<DateTime<Utc>>,
    /// When the event happened.
    #[serde(serialize_with = "timestamp::serialize")]
    pub created_at: DateTime<Utc>,
}

/// One page of the deliveries, newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WebhookDeliveryPage {
    /// The deliveries of this page.
    pub items: Vec<WebhookDelivery>,
    /// Hand this back as `cursor` to read on; `null` on the last page.
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
