//! `POST /api/v1/api-keys`

use actix_web::{HttpResponse, web};
use chrono::{DateTime, Datelike as _, NaiveDate, Utc};
use chrono_tz::Tz;
use ori_key::PlainKey;
use ori_shared::api_key::{CreateApiKey, CreatedApiKey};
use ori_shared::error_code::ErrorCode;
use ori_store::{Account, NewApiKey};
use serde_json::json;

use super::{checked_expiry, checked_name};
use crate::end_of_day::end_of_day;
use crate::endpoint::{Endpoint, endpoint};
use crate::error::{ApiError, ApiResult};
use crate::extractors::{JsonBody, RequireAdmin, Sequential};
use crate::openapi::headers::LOCATION;
use crate::openapi::samples;
use crate::state::AppState;

/// Describes the endpoint.
pub(crate) fn endpoint() -> Endpoint {
    endpoint!(create)
        .errors(&[ErrorCode::RoleTooLow, ErrorCode::ValidationFailed])
        .invalid(ErrorCode::ValidationFailed, "/name", "Enter a name for the key.")
        .invalid(ErrorCode::InvalidBody, "/name", "The field `name` is missing.")
        .request("A key that never expires", samples::new_key())
        .request(
            "A key for a while",
            json!({"name": "Trial of the dialler", "expires_on": "2030-12-31"}),
        )
        .response(201, "Created", samples::created_key())
        .header(201, LOCATION)
        .link(
            201,
            "$response.body#/id",
            &["showApiKey", "changeApiKey", "deleteApiKey", "setWebhook"],
        )
}

/// Creates a key. This answer is the only one that ever holds it.
///
/// # Errors
/// 422 for a name or an expiry that cannot be.
#[utoipa::path(post, path = "/api/v1/api-keys", tag = "console", operation_id = "createApiKey",
    summary = "Create an API key",
    description = "The response contains the full key. It is returned only once: the server stores its digest, and the key cannot be recovered.",
    security(("session" = [])),
    request_body = CreateApiKey,
    responses(
        (status = 201, description = "Created", body = CreatedApiKey),
    ))]
pub async fn create(
    state: web::Data<AppState>,
    Sequential(operator, JsonBody(wanted)): Sequential<RequireAdmin, JsonBody<CreateApiKey>>,
) -> ApiResult<HttpResponse> {
    let now = state.clock.now();
    let name = checked_name(&wanted.name)?;
    let expires_at = expiry(&wanted, &operator.account, now)?;
    let key = state.random.with(|source| PlainKey::generate(source));
    let new = NewApiKey {
        id: state.random.id(now),
        name,
        prefix: key.prefix().to_owned(),
        digest: key.digest(),
        created_by: operator.account.id,
        expires_at,
        created_at: now,
    };
    let (shared, by) = (state.clone(), operator.account.id);
    let creating = async move {
        let stored = shared.store.create_api_key(new).await?;
        tracing::info!(key_id = %stored.id, %by, "created an API key");
        Ok(stored)
    };
    let stored = state.tasks.run_to_completion(creating).await?;
    Ok(HttpResponse::Created()
        .insert_header(("location", format!("/api/v1/api-keys/{}", stored.id)))
        .json(CreatedApiKey {
            key: key.expose().to_owned(),
            view: stored.into_view(now),
        }))
}

fn expiry(wanted: &CreateApiKey, operator: &Account, now: DateTime<Utc>) -> ApiResult<Option<DateTime<Utc>>> {
    match (wanted.expires_at, wanted.expires_on) {
        (Some(_), Some(_)) => Err(ApiError::field(
            "/expires_on",
            "Give either expires_at or expires_on, not both.",
        )),
        (Some(instant), None) => checked_expiry(instant, now).map(Some),
        (None, Some(day)) => last_day(day, operator, now).map(Some),
        (None, None) => Ok(None),
    }
}

/// The end of that day in the operator's display timezone.
fn last_day(day: NaiveDate, operator: &Account, now: DateTime<Utc>) -> ApiResult<DateTime<Utc>> {
    let zone = operator
        .timezone
        .as_deref()
        .and_then(|name| name.parse().ok())
        .unwrap_or(Tz::UTC);
    let end = end_of_day(day, zone)
        .filter(|end| end.year() <= 9999)
        .ok_or_else(|| ApiError::field("/expires_on", "Choose a year before 9999."))?;
    if end <= now {
        return Err(ApiError::field(
            "/expires_on",
            format!("That day is already over in {zone}."),
        ));
    }
    Ok(end)
}
