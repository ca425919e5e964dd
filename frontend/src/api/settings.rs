//! What a person chose for themselves.

use ori_shared::settings::{PatchSettings, SettingsView};

use super::client;
use super::error::ApiError;

const PATH: &str = "/api/v1/settings";

/// The choices and what there is to choose from.
///
/// # Errors
/// Whatever stood in the way.
pub async fn read() -> Result<SettingsView, ApiError> {
    client::get(PATH).await
}

/// Saves the display timezone.
///
/// # Errors
/// Whatever stood in the way.
pub async fn save_timezone(zone: &str) -> Result<SettingsView, ApiError> {
    let patch = PatchSettings {
        timezone: Some(zone.to_owned()),
    };
    client::send("PATCH", PATH, &patch).await
}
