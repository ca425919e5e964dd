//! API keys.

use ori_shared::api_key::{ApiKeyView, CreateApiKey, CreatedApiKey, PatchApiKey};
use ori_shared::page::{MAX_LIMIT, Page};
use uuid::Uuid;

use super::client;
use super::error::ApiError;

const PATH: &str = "/api/v1/api-keys";
/// The first piece is small so that it is on screen at once.
const FIRST_LIMIT: u32 = 100;

/// One piece of the list; read on with its `next_cursor`.
///
/// # Errors
/// Whatever stood in the way.
pub async fn list(cursor: Option<&str>) -> Result<Page<ApiKeyView>, ApiError> {
    let path = match cursor {
        None => format!("{PATH}?limit={FIRST_LIMIT}"),
        Some(cursor) => format!("{PATH}?limit={MAX_LIMIT}&cursor={}", client::encode(cursor)),
    };
    client::get(&path).await
}

/// Creates a key. The answer is the only one that holds it.
///
/// # Errors
/// Whatever stood in the way.
pub async fn create(wanted: &CreateApiKey) -> Result<CreatedApiKey, ApiError> {
    client::send("POST", PATH, wanted).await
}

/// Switches a key on or off.
///
/// # Errors
/// Whatever stood in the way.
pub async fn switch(id: Uuid, is_active: bool) -> Result<ApiKeyView, ApiError> {
    let patch = PatchApiKey {
        is_active: Some(is_active),
        ..PatchApiKey::default()
    };
    client::send("PATCH", &format!("{PATH}/{id}"), &patch).await
}

/// Deletes a key for good.
///
/// # Errors
/// Whatever stood in the way.
pub async fn delete(id: Uuid) -> Result<(), ApiError> {
    client::delete(&format!("{PATH}/{id}")).await
}
