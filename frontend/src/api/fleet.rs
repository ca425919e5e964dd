//! The voice fleet.

use ori_shared::fleet::FleetStatus;

use super::ApiError;
use super::client;

/// Reads the fleet's status.
///
/// # Errors
/// Returns an error if the request fails.
pub async fn status() -> Result<FleetStatus, ApiError> {
    client::get("/api/v1/fleet/status").await
}
