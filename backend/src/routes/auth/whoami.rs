//! `GET /api/v1/auth/whoami`

use actix_web::HttpResponse;
use actix_web::http::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use ori_shared::call::WhoAmI;

use crate::endpoint::{Endpoint, endpoint};
use crate::error::{ApiError, ApiResult};
use crate::extractors::ApiKeyAuth;
use crate::openapi::samples;

/// Describes the endpoint.
pub(crate) fn endpoint() -> Endpoint {
    endpoint!(whoami).response(200, "The key works", samples::who_am_i())
}

/// Returns the presented key: the connection test of a CRM.
#[utoipa::path(get, path = "/api/v1/auth/whoami", tag = "crm", operation_id = "whoAmI",
    summary = "Test the connection", description = "Returns the id, name, prefix and expiry of the presented key. It counts as a use of the key.",
    security(("api_key" = []), ("bearer" = [])),
    responses(
        (status = 200, description = "The key works", body = WhoAmI),
    ))]
pub async fn whoami(ApiKeyAuth { key }: ApiKeyAuth) -> ApiResult<HttpResponse> {
    let view = WhoAmI {
        key_id: key.id,
        name: key.name,
        key_prefix: key.prefix,
        expires_at: key.expires_at,
    };
    let body = serde_json::to_string(&view).map_err(ApiError::internal)?;
    // Not by `Json`, which parses its header value for each response.
    Ok(HttpResponse::Ok().insert_header(JSON).body(body))
}

const JSON: (HeaderName, HeaderValue) = (CONTENT_TYPE, HeaderValue::from_static("application/json"));
