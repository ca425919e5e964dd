//! API keys.

use std::pin::Pin;

use ori_shared::api_key::{ApiKeyView, CreateApiKey, CreatedApiKey, PatchApiKey};
use ori_shared::key_sort::KeySort;
use ori_shared::page::Page;
use uuid::Uuid;

use super::client;
use super::error::ApiError;

const PATH: &str = "/api/v1/api-keys";

/// Which keys are wanted, in which order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Question {
    /// Only those that match this; blank for all.
    pub search: String,
    /// The order.
    pub sort: KeySort,
}

/// A piece of the list that is asked for. Boxed, so that what asks for one is light.
type Piece = Pin<Box<dyn Future<Output = Result<Page<ApiKeyView>, ApiError>>>>;

/// One piece of the list, of at most `limit` keys; read on with its `next_cursor`.
///
/// # Errors
/// Whatever stood in the way.
pub fn list(question: &Question, cursor: Option<&str>, limit: u32) -> Piece {
    let Question { search, sort } = question;
    let q = (!search.is_empty()).then_some(search.as_str());
    let sort = sort.to_param();
    let mut path = format!("{PATH}?limit={limit}");
    for (name, value) in [("q", q), ("sort", sort.as_deref()), ("cursor", cursor)] {
        if let Some(value) = value {
            path += &format!("&{name}={}", client::encode(value));
        }
    }
    Box::pin(async move { client::get(&path).await })
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
