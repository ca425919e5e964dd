//! `DELETE /api/v1/session`

use actix_web::{HttpRequest, HttpResponse, web};
use ori_shared::problem::Problem;

use crate::app::App;
use crate::error::ApiResult;
use crate::extract::{SameOrigin, session_token};

/// Signs out; whoever is not signed in is so already.
///
/// # Errors
/// 403 from another site.
#[utoipa::path(delete, path = "/api/v1/session", tag = "console", operation_id = "signOut",
    summary = "Sign out", description = "Ends the session and makes the browser forget its cookie.",
    security(("session" = [])),
    responses(
        (status = 204, description = "Signed out"),
        (status = 403, description = "`cross_site_request`", body = Problem, content_type = "application/problem+json"),
    ))]
pub async fn delete(request: HttpRequest, app: web::Data<App>, _: SameOrigin) -> ApiResult<HttpResponse> {
    if let Some(token) = session_token(&request, &app) {
        app.store.delete_session(&token.digest()).await?;
    }
    Ok(HttpResponse::NoContent()
        .cookie(app.session_cookie.clear())
        .finish())
}
