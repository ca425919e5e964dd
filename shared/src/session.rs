//! Sign-in to the console, and the signed-in account.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::account::Role;
use crate::newer_words;

/// Header of a request that the console sent by itself. It does not keep the session alive.
pub const BACKGROUND_REQUEST: &str = "x-background-request";

/// `POST /api/v1/session`: the credentials of a person.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct SignIn {
    /// The account's e-mail address; case does not matter.
    #[cfg_attr(
        feature = "openapi",
        schema(format = "email", max_length = 254, examples("ada@example.com"))
    )]
    pub email: String,
    /// The account's password.
    #[cfg_attr(
        feature = "openapi",
        schema(
            format = "password",
            min_length = 1,
            max_length = 1024,
            examples("correct horse battery")
        )
    )]
    pub password: String,
}

/// `POST /api/v1/setup`: makes the first admin and signs them in. Works only while there is no account.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct SetUp {
    /// The token from the one-time link that the server printed at its start.
    #[cfg_attr(feature = "openapi", schema(max_length = 100))]
    pub token: String,
    /// The first admin's e-mail address.
    #[cfg_attr(
        feature = "openapi",
        schema(format = "email", max_length = 254, examples("ada@example.com"))
    )]
    pub email: String,
    /// The first admin's password, at least 8 characters.
    #[cfg_attr(
        feature = "openapi",
        schema(format = "password", min_length = 8, max_length = 1024)
    )]
    pub password: String,
}

/// The signed-in account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SessionView {
    /// The account's id.
    pub account_id: Uuid,
    /// The account's e-mail address.
    pub email: String,
    /// The role of the account.
    #[serde(deserialize_with = "newer_words::extensible")]
    pub role: Role,
    /// The saved display timezone (an IANA name), or `null` if there is none.
    pub timezone: Option<String>,
    /// Whether the voice fleet behind this server is simulated: no real phone rings.
    pub simulated_fleet: bool,
}
