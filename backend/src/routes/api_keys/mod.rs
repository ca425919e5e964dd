//! Managing API keys: for people in a console session, never for a key.

pub mod create;
pub mod delete;
pub mod get;
pub mod list;
pub mod update;

use chrono::{DateTime, Datelike as _, Utc};
use ori_shared::api_key::clean_name;
use ori_shared::error_code::ErrorCode;

use crate::error::{ApiError, ApiResult};

fn checked_name(typed: &str) -> ApiResult<String> {
    clean_name(typed).map_err(|fault| ApiError::field("/name", fault))
}

fn checked_expiry(instant: DateTime<Utc>, now: DateTime<Utc>) -> ApiResult<DateTime<Utc>> {
    if instant <= now {
        return Err(ApiError::field(
            "/expires_at",
            "Choose a time that is still to come.",
        ));
    }
    // RFC 3339 has four digits for the year.
    if instant.year() > 9999 {
        return Err(ApiError::field("/expires_at", "Choose a year up to 9999."));
    }
    Ok(chrono::SubsecRound::trunc_subsecs(instant, 6))
}

fn no_such_key() -> ApiError {
    ApiError::new(ErrorCode::ApiKeyNotFound)
}
