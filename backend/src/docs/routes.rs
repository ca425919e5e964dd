//! `/docs`, `/problems` and the OpenAPI document.

use std::sync::{LazyLock, OnceLock};

use actix_web::web::{Bytes, Data};
use actix_web::{HttpRequest, HttpResponse};
use maud::Markup;
use ori_shared::error_code::ErrorCode;
use utoipa::openapi::OpenApi;

use super::html::{self, ICON, STYLE};
use crate::endpoint::{Endpoint, endpoint};
use crate::error::{ApiError, ApiResult};
use crate::openapi::to_yaml;
use crate::state::AppState;

/// The OpenAPI document of this server in the forms that are served. Each is rendered once, when it is first requested.
pub struct Documents {
    document: LazyLock<OpenApi, Box<dyn FnOnce() -> OpenApi + Send>>,
    reference: OnceLock<Markup>,
    yaml: OnceLock<Option<Bytes>>,
    json: OnceLock<Option<Bytes>>,
}

impl Documents {
    /// Returns the documents of a server that builds its document by that function.
    #[must_use]
    pub fn new(build: impl FnOnce() -> OpenApi + Send + 'static) -> Self {
        Self {
            document: LazyLock::new(Box::new(build)),
            reference: OnceLock::new(),
            yaml: OnceLock::new(),
            json: OnceLock::new(),
        }
    }
}

/// Describes the endpoints.
pub(crate) fn endpoints() -> [Endpoint; 8] {
    [
        endpoint!(reference),
        endpoint!(guide),
        endpoint!(style),
        endpoint!(icon),
        endpoint!(problems),
        endpoint!(problem).errors(&[ErrorCode::NotFound]),
        endpoint!(openapi_yaml),
        endpoint!(openapi_json),
    ]
}

/// Serves the reference, rendered from the OpenAPI document.
#[utoipa::path(get, path = "/docs", tag = "documentation", operation_id = "readReference",
    summary = "Read the reference", description = "This document as an HTML page.",
    responses((status = 200, description = "The page", body = String, content_type = "text/html")))]
pub async fn reference(state: Data<AppState>) -> HttpResponse {
    let rendered = state.documents.reference.get_or_init(|| {
        let document = serde_json::to_value(&*state.documents.document).unwrap_or_default();
        html::reference(&document)
    });
    page(rendered.clone())
}

/// Serves the guide for integrators.
#[utoipa::path(get, path = "/docs/guide", tag = "documentation", operation_id = "readGuide",
    summary = "Read the guide", description = "From a first key to going live, with code.",
    responses((status = 200, description = "The page", body = String, content_type = "text/html")))]
pub async fn guide() -> HttpResponse {
    static PAGE: LazyLock<Markup> = LazyLock::new(html::guide);
    page(PAGE.clone())
}

/// Serves the style sheet of these pages.
#[utoipa::path(get, path = "/docs/style.css", tag = "documentation", operation_id = "readStyle",
    summary = "The pages' style sheet", description = "The only file that the pages load.",
    responses((status = 200, description = "The style sheet", body = String, content_type = "text/css")))]
pub async fn style() -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/css; charset=utf-8")
        .body(STYLE)
}

/// Serves the icon of these pages, which is the console's.
#[utoipa::path(get, path = "/docs/icon.svg", tag = "documentation", operation_id = "readIcon",
    summary = "The pages' icon", description = "Shown in the browser's tab.",
    responses((status = 200, description = "The icon", body = String, content_type = "image/svg+xml")))]
pub async fn icon() -> HttpResponse {
    HttpResponse::Ok().content_type("image/svg+xml").body(ICON)
}

/// Serves the table of error codes.
#[utoipa::path(get, path = "/problems", tag = "documentation", operation_id = "listProblems",
    summary = "Read the table of error codes", description = "All error codes with their status, meaning and remedy.",
    responses((status = 200, description = "The page", body = String, content_type = "text/html")))]
pub async fn problems() -> HttpResponse {
    static PAGE: LazyLock<Markup> = LazyLock::new(html::problems);
    page(PAGE.clone())
}

/// Serves the page of one code: what the `type` of a problem refers to (RFC 9457, section 3.1.1).
///
/// # Errors
/// 404 if there is no such code.
#[utoipa::path(get, path = "/problems/{code}", tag = "documentation", operation_id = "explainProblem",
    summary = "Read about an error code", description = "The target of a problem's `type`.",
    params(("code" = ErrorCode, Path, description = "The code", example = "no_capacity")),
    responses((status = 200, description = "The page", body = String, content_type = "text/html")))]
pub async fn problem(request: HttpRequest) -> ApiResult<HttpResponse> {
    let code = request.match_info().get("code").and_then(ErrorCode::parse);
    let code = code.ok_or_else(|| ApiError::new(ErrorCode::NotFound))?;
    Ok(page(html::problem(code)))
}

/// Serves the OpenAPI document as YAML.
///
/// # Errors
/// 500 if the document cannot be serialized.
#[utoipa::path(get, path = "/openapi.yaml", tag = "documentation", operation_id = "readOpenApiYaml",
    summary = "This document as YAML", description = "The OpenAPI 3.1 document of the server that serves it.",
    responses((status = 200, description = "The document", body = serde_json::Value, content_type = "application/yaml")))]
pub async fn openapi_yaml(state: Data<AppState>) -> ApiResult<HttpResponse> {
    let yaml = || to_yaml(&state.documents.document).ok().map(Bytes::from);
    document(
        "application/yaml; charset=utf-8",
        state.documents.yaml.get_or_init(yaml),
    )
}

/// Serves the OpenAPI document as JSON.
///
/// # Errors
/// 500 if the document cannot be serialized.
#[utoipa::path(get, path = "/openapi.json", tag = "documentation", operation_id = "readOpenApiJson",
    summary = "This document as JSON", description = "The OpenAPI 3.1 document of the server that serves it.",
    responses((status = 200, description = "The document", body = serde_json::Value, content_type = "application/json")))]
pub async fn openapi_json(state: Data<AppState>) -> ApiResult<HttpResponse> {
    let json = || state.documents.document.to_pretty_json().ok().map(Bytes::from);
    document("application/json", state.documents.json.get_or_init(json))
}

fn page(markup: Markup) -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/html; charset=utf-8")
        .body(markup.into_string())
}

fn document(content_type: &str, text: &Option<Bytes>) -> ApiResult<HttpResponse> {
    let text = text
        .clone()
        .ok_or_else(|| ApiError::internal("the OpenAPI document cannot be serialized"))?;
    Ok(HttpResponse::Ok().content_type(content_type).body(text))
}
