//! Calls.

use ori_shared::call::{CallPage, CallView};
use uuid::Uuid;

use super::client;
use super::error::ApiError;

const PATH: &str = "/api/v1/calls";

/// One piece of the calls that `filter` leaves, newest first. `filter` is a part of a query, encoded, e.g.
/// `&status=failed`.
///
/// # Errors
/// Whatever stood in the way.
pub async fn list(filter: &str, limit: usize, cursor: Option<Uuid>) -> Result<CallPage, ApiError> {
    let cursor = cursor.map(|id| format!("&cursor={id}")).unwrap_or_default();
    client::get(&format!("{PATH}?limit={limit}{cursor}{filter}")).await
}

/// One call with all that is known of it.
///
/// # Errors
/// Whatever stood in the way.
pub async fn read(id: Uuid) -> Result<CallView, ApiError> {
    client::get(&format!("{PATH}/{id}")).await
}
