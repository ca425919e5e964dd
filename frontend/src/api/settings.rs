//! A person's own settings.

use gloo_net::http::Method;
use ori_shared::settings::{PatchSettings, SettingsView};

use super::ApiError;
use super::client;

const PATH: &str = "/api/v1/settings";

/// Reads the settings and their allowed values.
///
/// # Errors
/// Returns an error if the request fails.
pub async fn read() -> Result<SettingsView, ApiError> {
    client::get(PATH).await
}

/// Saves the display timezone.
///
/// # Errors
/// Returns an error if the request fails.
pub async fn save_timezone(zone: &str) -> Result<SettingsView, ApiError> {
    let patch = PatchSettings {
        timezone: Some(zone.to_owned()),
    };
    client::send(Method::PATCH, PATH, &patch).await
}
