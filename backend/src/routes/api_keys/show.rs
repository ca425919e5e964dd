//! `GET /api/v1/api-keys/{id}`

use actix_web::web::{Data, Json};
use ori_shared::api_key::ApiKeyView;
use ori_shared::problem::Problem;

use super::no_such_key;
use crate::app::App;
use crate::error::ApiResult;
use crate::extract::{Id, Operator};

/// Shows one key.
///
/// # Errors
/// 404 where there is none of that id.
#[utoipa::path(get, path = "/api/v1/api-keys/{id}", tag = "console", operation_id = "showApiKey",
    summary = "Show an API key", description = "The key as it is listed; never the key itself.",
    security(("session" = [])),
    params(("id" = Uuid, Path, description = "The key's id")),
    responses(
        (status = 200, description = "The key", body = ApiKeyView),
        (status = 401, description = "`not_signed_in`", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "`role_too_low`", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "`api_key_not_found`", body = Problem, content_type = "application/problem+json"),
    ))]
pub async fn show(app: Data<App>, _: Operator, Id(id): Id) -> ApiResult<Json<ApiKeyView>> {
    let key = app
        .store
        .api_key(id.ok_or_else(no_such_key)?)
        .await?
        .ok_or_else(no_such_key)?;
    Ok(Json(key.into_view(app.clock.now())))
}
