//! The OpenAPI document, as this server serves it.

use actix_web::HttpResponse;
use utoipa::OpenApi as _;

use crate::error::{ApiError, ApiResult};
use crate::openapi::Document;

/// As YAML.
///
/// # Errors
/// Never, unless the document cannot be written.
pub async fn yaml() -> ApiResult<HttpResponse> {
    let text = Document::openapi().to_yaml().map_err(ApiError::internal)?;
    Ok(HttpResponse::Ok()
        .content_type("application/yaml; charset=utf-8")
        .body(text))
}

/// As JSON.
///
/// # Errors
/// Never, unless the document cannot be written.
pub async fn json() -> ApiResult<HttpResponse> {
    let text = Document::openapi().to_pretty_json().map_err(ApiError::internal)?;
    Ok(HttpResponse::Ok().content_type("application/json").body(text))
}
