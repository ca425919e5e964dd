//! Settings of a person.

use serde::{Deserialize, Serialize};

use crate::patch::not_null;

/// Settings of a person and the available choices: `GET /api/v1/settings`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SettingsView {
    /// The saved display timezone (an IANA name), or `null` if there is none.
    pub timezone: Option<String>,
    /// All available IANA zones, in display order.
    pub timezones: Vec<String>,
}

/// A change of settings: `PATCH /api/v1/settings`. Absent fields do not change, so that each section of the page saves on its own.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct PatchSettings {
    /// The display timezone, by its IANA name.
    #[serde(
        default,
        deserialize_with = "not_null",
        skip_serializing_if = "Option::is_none"
    )]
    #[cfg_attr(
        feature = "openapi",
        schema(
            nullable = false,
            format = "iana-timezone",
            examples("Asia/Kolkata"),
            max_length = 64
        )
    )]
    pub timezone: Option<String>,
}
