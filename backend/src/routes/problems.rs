//! `GET /problems/{code}`: what the `type` of a problem leads to (RFC 9457, section 3.1.1).

use actix_web::{HttpRequest, HttpResponse};
use ori_shared::error_code::ErrorCode;

use crate::error::{ApiError, ApiResult};

/// Explains a code to a person.
///
/// # Errors
/// 404 for what is no code.
pub async fn show(request: HttpRequest) -> ApiResult<HttpResponse> {
    let code = request.match_info().get("code").and_then(ErrorCode::parse);
    let code = code.ok_or_else(|| ApiError::new(ErrorCode::NotFound))?;
    Ok(HttpResponse::Ok()
        .content_type("text/html; charset=utf-8")
        .body(page(code)))
}

/// Every part is from our own table, so that nothing needs to be escaped.
fn page(code: ErrorCode) -> String {
    let (title, status, name) = (code.title(), code.status(), code.as_str());
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>{title}</title>\n<main>\n<h1>{title}</h1>\n\
         <p>{}</p>\n<p>{}</p>\n<p>HTTP status {status}, code <code>{name}</code></p>\n</main>\n</html>\n",
        code.meaning(),
        code.remedy(),
    )
}
