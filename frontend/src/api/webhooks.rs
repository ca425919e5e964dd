//! Webhooks of keys, and what became of what was sent to them.

use ori_shared::webhook::{PutWebhook, RotatedSecret, WebhookDeliveryPage, WebhookView};
use uuid::Uuid;

use super::client;
use super::error::ApiError;
use super::json::{Json, Read};

/// How many deliveries a list shows; older ones are found through their call.
const SHOWN: u32 = 20;

/// A webhook, with its secret where it is the first one.
pub struct PutAnswer {
    /// The webhook.
    pub view: WebhookView,
    /// The secret, which no later answer holds.
    pub secret: Option<String>,
}

impl Read for PutAnswer {
    fn read(json: &Json) -> Option<Self> {
        // They stand side by side in one object.
        Some(Self {
            view: Read::read(json)?,
            secret: json.field("secret")?,
        })
    }
}

/// The webhook of a key, or `None` where it has none.
///
/// # Errors
/// Whatever stood in the way.
pub async fn read(key: Uuid) -> Result<Option<WebhookView>, ApiError> {
    match client::get(&path(key)).await {
        Ok(view) => Ok(Some(view)),
        Err(error) if error.code() == Some(ori_shared::error_code::ErrorCode::WebhookNotFound) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Sets the address.
///
/// # Errors
/// Whatever stood in the way.
pub async fn put(key: Uuid, url: String) -> Result<PutAnswer, ApiError> {
    client::send("PUT", &path(key), &PutWebhook { url }).await
}

/// Makes a new secret.
///
/// # Errors
/// Whatever stood in the way.
pub async fn rotate(key: Uuid) -> Result<RotatedSecret, ApiError> {
    client::post(&format!("{}/secret", path(key))).await?.decode()
}

/// Removes the webhook.
///
/// # Errors
/// Whatever stood in the way.
pub async fn remove(key: Uuid) -> Result<(), ApiError> {
    client::delete(&path(key)).await
}

/// The newest deliveries of a key or of a call: `key_id` or `call_id`, and its id.
///
/// # Errors
/// Whatever stood in the way.
pub async fn deliveries(of: &str, id: Uuid) -> Result<WebhookDeliveryPage, ApiError> {
    client::get(&format!("/api/v1/webhook-deliveries?limit={SHOWN}&{of}={id}")).await
}

/// Has an event delivered once more.
///
/// # Errors
/// Whatever stood in the way.
pub async fn replay(delivery: Uuid) -> Result<(), ApiError> {
    let path = format!("/api/v1/webhook-deliveries/{delivery}/replay");
    client::post(&path).await.map(drop)
}

fn path(key: Uuid) -> String {
    format!("/api/v1/api-keys/{key}/webhook")
}
