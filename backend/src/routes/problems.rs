//! The error codes, explained to people.

use actix_web::{HttpRequest, HttpResponse};
use ori_shared::error_code::ErrorCode;

use super::docs::html;
use crate::error::{ApiError, ApiResult};
use crate::pages;

/// Lists every code.
#[utoipa::path(get, path = "/problems", tag = "documentation", operation_id = "listProblems",
    summary = "Read the table of error codes", description = "Every code with its status, what it means and what to do.",
    responses((status = 200, description = "The page", body = String, content_type = "text/html")))]
pub async fn list() -> HttpResponse {
    html(pages::problems())
}

/// Explains a code: what the `type` of a problem leads to (RFC 9457, section 3.1.1).
///
/// # Errors
/// 404 for what is no code.
#[utoipa::path(get, path = "/problems/{code}", tag = "documentation", operation_id = "explainProblem",
    summary = "Read about an error code", description = "What the `type` of a problem leads to.",
    params(("code" = ErrorCode, Path, description = "The code", example = "no_capacity")),
    responses((status = 200, description = "The page", body = String, content_type = "text/html")))]
pub async fn show(request: HttpRequest) -> ApiResult<HttpResponse> {
    let code = request.match_info().get("code").and_then(ErrorCode::parse);
    let code = code.ok_or_else(|| ApiError::new(ErrorCode::NotFound))?;
    Ok(html(pages::problem(code)))
}
