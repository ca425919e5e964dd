//! The voice fleet.

use ori_shared::fleet::FleetStatus;

use super::client;
use super::error::ApiError;

/// What the fleet can do at this moment.
///
/// # Errors
/// Whatever stood in the way.
pub async fn status() -> Result<FleetStatus, ApiError> {
    client::get("/api/v1/fleet/status").await
}
