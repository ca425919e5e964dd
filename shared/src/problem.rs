//! Errors on the wire: `application/problem+json` (RFC 9457).

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::error_code::ErrorCode;
use crate::newer_words;

/// Media type of a [`Problem`].
pub const CONTENT_TYPE: &str = "application/problem+json";

/// An error, for a program (`code`) and for a person (`title`, `detail`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Problem {
    /// The address of the explanation of the code: `/problems/{code}`.
    #[serde(rename = "type")]
    #[cfg_attr(
        feature = "openapi",
        schema(
            format = "uri-reference",
            pattern = "^/problems/[a-z_]+$",
            examples("/problems/validation_failed")
        )
    )]
    pub kind: String,
    /// The reason in a few words, the same for each problem of this code.
    pub title: String,
    /// The HTTP status.
    #[cfg_attr(feature = "openapi", schema(minimum = 400, maximum = 599))]
    pub status: u16,
    /// The stable code.
    #[serde(deserialize_with = "newer_words::extensible")]
    pub code: ErrorCode,
    /// The explanation of this occurrence, and advice.
    pub detail: String,
    /// The request's id, as in the server's log and in `X-Request-Id`; in a replayed response, the id of the first request.
    #[cfg_attr(feature = "openapi", schema(pattern = "^[0-9a-f]{32}$"))]
    pub request_id: String,
    /// The errors in the body.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
    /// The call of the problem, if one was recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call_id: Option<Uuid>,
}

impl Problem {
    /// Returns the error of a field, if it has one.
    #[must_use]
    pub fn field(&self, pointer: &str) -> Option<&str> {
        self.errors
            .iter()
            .find(|error| error.pointer == pointer)
            .map(|error| error.detail.as_str())
    }
}

/// An error in the body.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FieldError {
    /// The place: a JSON pointer into the body (RFC 6901).
    #[cfg_attr(feature = "openapi", schema(format = "json-pointer", examples("/name")))]
    pub pointer: String,
    /// The explanation.
    #[cfg_attr(feature = "openapi", schema(examples("Enter a name for the key.")))]
    pub detail: String,
}
