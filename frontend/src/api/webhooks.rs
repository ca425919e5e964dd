//! Webhooks of keys, and their deliveries.

use gloo_net::http::Method;
use ori_shared::error_code::ErrorCode;
use ori_shared::webhook::{PutWebhook, RotatedSecret, WebhookDelivery, WebhookDeliveryPage, WebhookView};
use serde::Deserialize;
use uuid::Uuid;

use super::ApiError;
use super::client;

/// Number of listed deliveries. Older ones are listed in their call.
const LISTED: u32 = 20;

/// A webhook that was set, with its secret if it is a new one.
#[derive(Deserialize)]
pub struct SavedWebhook {
    /// The webhook.
    #[serde(flatten)]
    pub view: WebhookView,
    /// Secret, which no later response contains.
    pub secret: Option<String>,
}

/// Scope of a list of deliveries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeliveriesOf {
    /// All calls of a key.
    Key(Uuid),
    /// One call.
    Call(Uuid),
}

/// Reads the webhook of a key; `None` if it has none.
///
/// # Errors
/// Returns an error if the request fails.
pub async fn read(key: Uuid) -> Result<Option<WebhookView>, ApiError> {
    match client::get(&path(key)).await {
        Ok(view) => Ok(Some(view)),
        Err(error) if error.code() == Some(ErrorCode::WebhookNotFound) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Sets the URL.
///
/// # Errors
/// Returns an error if the request fails.
pub async fn put(key: Uuid, url: String) -> Result<SavedWebhook, ApiError> {
    client::send(Method::PUT, &path(key), &PutWebhook { url }).await
}

/// Creates a new secret.
///
/// # Errors
/// Returns an error if the request fails.
pub async fn rotate(key: Uuid) -> Result<RotatedSecret, ApiError> {
    client::request(Method::POST, &format!("{}/secret", path(key)))
        .await?
        .decode()
}

/// Removes the webhook.
///
/// # Errors
/// Returns an error if the request fails.
pub async fn remove(key: Uuid) -> Result<(), ApiError> {
    client::request(Method::DELETE, &path(key)).await.map(drop)
}

/// Reads the newest deliveries.
///
/// # Errors
/// Returns an error if the request fails.
pub async fn deliveries(of: DeliveriesOf) -> Result<Vec<WebhookDelivery>, ApiError> {
    let filter = match of {
        DeliveriesOf::Key(id) => format!("key_id={id}"),
        DeliveriesOf::Call(id) => format!("call_id={id}"),
    };
    let path = format!("/api/v1/webhook-deliveries?limit={LISTED}&{filter}");
    let page: WebhookDeliveryPage = client::get(&path).await?;
    Ok(page.items)
}

/// Sends an event again.
///
/// # Errors
/// Returns an error if the request fails.
pub async fn replay(delivery: Uuid) -> Result<(), ApiError> {
    let path = format!("/api/v1/webhook-deliveries/{delivery}/replay");
    client::request(Method::POST, &path).await.map(drop)
}

fn path(key: Uuid) -> String {
    format!("/api/v1/api-keys/{key}/webhook")
}
