//! Calls.

use ori_shared::call::{CallPage, CallView};
use uuid::Uuid;

use super::ApiError;
use super::client;

const PATH: &str = "/api/v1/calls";

/// Reads one page of calls, newest first. `filter` is an encoded part of a query, e.g. `&status=failed`.
///
/// # Errors
/// Returns an error if the request fails.
pub async fn list(filter: &str, limit: usize, cursor: Option<Uuid>) -> Result<CallPage, ApiError> {
    let cursor = cursor.map(|id| format!("&cursor={id}")).unwrap_or_default();
    client::get(&format!("{PATH}?limit={limit}{cursor}{filter}")).await
}

/// Reads one call with its details and history.
///
/// # Errors
/// Returns an error if the request fails.
pub async fn read(id: Uuid) -> Result<CallView, ApiError> {
    client::get(&format!("{PATH}/{id}")).await
}
