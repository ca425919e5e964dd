//! `DELETE /api/v1/session`

use actix_web::{HttpRequest, HttpResponse, web};

use crate::endpoint::{Endpoint, endpoint};
use crate::error::ApiResult;
use crate::extractors::{SameOrigin, session_token};
use crate::state::AppState;

/// Describes the endpoint.
pub(crate) fn endpoint() -> Endpoint {
    endpoint!(delete)
}

/// Signs out. Succeeds without a session as well.
///
/// # Errors
/// 403 from another site.
#[utoipa::path(delete, path = "/api/v1/session", tag = "console", operation_id = "signOut",
    summary = "Sign out", description = "Ends the session, if there is one, and deletes the browser's cookie.",
    responses(
        (status = 204, description = "Signed out"),
    ))]
pub async fn delete(
    request: HttpRequest,
    state: web::Data<AppState>,
    _: SameOrigin,
) -> ApiResult<HttpResponse> {
    if let Some(token) = session_token(&request, &state) {
        let shared = state.clone();
        let change = async move { Ok(shared.store.delete_session(&token.digest()).await?) };
        state.tasks.run_to_completion(change).await?;
    }
    Ok(HttpResponse::NoContent()
        .cookie(state.session_cookie.clear())
        .finish())
}
