//! Settings of a person.

use serde::{Deserialize, Serialize};

use crate::patch::not_null;

/// What a person chose for themselves, and what there is to choose from: `GET /api/v1/settings`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SettingsView {
    /// The display timezone that was saved (an IANA name), or `null` where none was.
    pub timezone: Option<String>,
    /// Every IANA zone that may be chosen, in the order in which they are offered.
    pub timezones: Vec<String>,
}

/// A change of settings: `PATCH /api/v1/settings`. Each section of the page saves on its own, so what is left out stays.
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
