//! `GET /api/v1/api-keys/{id}`

use actix_web::web::{Data, Json};
use ori_shared::api_key::ApiKeyView;

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
    params(("id" = Uuid, Path, description = "The key's id", example = "019ab0e1-88a2-7c13-b0de-4a6102f75c39")),
    responses(
        (status = 200, description = "The key", body = ApiKeyView),
    ))]
pub async fn show(app: Data<App>, _: Operator, Id(id): Id) -> ApiResult<Json<ApiKeyView>> {
    let key = app
        .store
        .api_key(id.ok_or_else(no_such_key)?)
        .await?
        .ok_or_else(no_such_key)?;
    Ok(Json(key.into_view(app.clock.now())))
}
