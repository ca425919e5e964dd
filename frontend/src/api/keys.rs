//! API keys.

use gloo_net::http::Method;
use ori_shared::api_key::{ApiKeyView, CreateApiKey, CreatedApiKey, PatchApiKey};
use ori_shared::key_sort::KeySort;
use ori_shared::page::Page;
use uuid::Uuid;

use super::ApiError;
use super::client;
use crate::hooks::navigation::encode;

const PATH: &str = "/api/v1/api-keys";

/// Search and order of a list of keys.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyQuery {
    /// Part of a name or masked prefix; empty for all keys.
    pub search: String,
    /// Order of the list.
    pub sort: KeySort,
}

/// Reads one page of at most `limit` keys; `cursor` is the `next_cursor` of the page before.
///
/// # Errors
/// Returns an error if the request fails.
pub async fn list(query: &KeyQuery, cursor: Option<&str>, limit: u32) -> Result<Page<ApiKeyView>, ApiError> {
    let KeyQuery { search, sort } = query;
    let q = (!search.is_empty()).then_some(search.as_str());
    let sort = sort.to_param();
    let mut path = format!("{PATH}?limit={limit}");
    for (name, value) in [("q", q), ("sort", sort.as_deref()), ("cursor", cursor)] {
        if let Some(value) = value {
            path += &format!("&{name}={}", encode(value));
        }
    }
    client::get(&path).await
}

/// Reads one key.
///
/// # Errors
/// Returns an error if the request fails.
pub async fn read(id: Uuid) -> Result<ApiKeyView, ApiError> {
    client::get(&format!("{PATH}/{id}")).await
}

/// Creates a key. No later response contains the plain key.
///
/// # Errors
/// Returns an error if the request fails.
pub async fn create(key: &CreateApiKey) -> Result<CreatedApiKey, ApiError> {
    client::send(Method::POST, PATH, key).await
}

/// Changes a key.
///
/// # Errors
/// Returns an error if the request fails.
pub async fn change(id: Uuid, patch: &PatchApiKey) -> Result<ApiKeyView, ApiError> {
    client::send(Method::PATCH, &format!("{PATH}/{id}"), patch).await
}

/// Switches a key on or off.
///
/// # Errors
/// Returns an error if the request fails.
pub async fn set_active(id: Uuid, is_active: bool) -> Result<ApiKeyView, ApiError> {
    let patch = PatchApiKey {
        is_active: Some(is_active),
        ..PatchApiKey::default()
    };
    change(id, &patch).await
}

/// Deletes a key permanently.
///
/// # Errors
/// Returns an error if the request fails.
pub async fn delete(id: Uuid) -> Result<(), ApiError> {
    client::request(Method::DELETE, &format!("{PATH}/{id}"))
        .await
        .map(drop)
}
