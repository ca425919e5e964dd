//! The OpenAPI document, as this server serves it.

use std::sync::LazyLock;

use actix_web::{HttpResponse, web};
use utoipa::OpenApi as _;

use crate::error::{ApiError, ApiResult};
use crate::openapi::Document;

/// As YAML.
///
/// # Errors
/// Never, unless the document cannot be written.
#[utoipa::path(get, path = "/openapi.yaml", tag = "documentation", operation_id = "readOpenApiYaml",
    summary = "This document as YAML", description = "The OpenAPI 3.1 document of the server that serves it.",
    responses((status = 200, description = "The document", body = serde_json::Value, content_type = "application/yaml")))]
pub async fn yaml() -> ApiResult<HttpResponse> {
    serve("application/yaml; charset=utf-8", YAML.as_deref())
}

/// As JSON.
///
/// # Errors
/// Never, unless the document cannot be written.
#[utoipa::path(get, path = "/openapi.json", tag = "documentation", operation_id = "readOpenApiJson",
    summary = "This document as JSON", description = "The OpenAPI 3.1 document of the server that serves it.",
    responses((status = 200, description = "The document", body = serde_json::Value, content_type = "application/json")))]
pub async fn json() -> ApiResult<HttpResponse> {
    serve("application/json", JSON.as_deref())
}

static YAML: LazyLock<Option<String>> = LazyLock::new(|| Document::openapi().to_yaml().ok());
static JSON: LazyLock<Option<String>> = LazyLock::new(|| Document::openapi().to_pretty_json().ok());

fn serve(kind: &str, written: Option<&'static str>) -> ApiResult<HttpResponse> {
    let written = written.ok_or_else(|| ApiError::internal("the document cannot be written"))?;
    Ok(HttpResponse::Ok()
        .content_type(kind)
        .body(web::Bytes::from_static(written.as_bytes())))
}
