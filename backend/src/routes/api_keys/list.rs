//! `GET /api/v1/api-keys`

use actix_web::web::{Data, Json};
use ori_shared::api_key::ApiKeyView;
use ori_shared::page::Page;
use ori_store::{ApiKeyQuery, Position};

use crate::app::App;
use crate::error::ApiResult;
use crate::extract::{ListQuery, Operator, Then};

/// Lists the keys, newest first.
///
/// # Errors
/// 400 for a query that cannot be read.
#[utoipa::path(get, path = "/api/v1/api-keys", tag = "console", operation_id = "listApiKeys",
    summary = "List API keys", description = "A page of the keys, newest first. No answer of this operation holds a key.",
    security(("session" = [])),
    params(
        ("limit" = Option<u32>, Query, description = "At most so many keys; 100 unless told", nullable = false, minimum = 1, maximum = 1000, example = 100),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before", nullable = false, pattern = "^A[A-P][A-Za-z0-9_-]{30}$", example = "AAZg7xNyugABmrDhiKJ8E7DeSmEC91w5"),
        ("q" = Option<String>, Query, description = "Only keys whose name or masked prefix contains this, whatever its case", nullable = false, max_length = 400, example = "crm"),
    ),
    responses(
        (status = 200, description = "A page of keys", body = Page<ApiKeyView>),
    ))]
pub async fn list(
    app: Data<App>,
    Then(_operator, query): Then<Operator, ListQuery>,
) -> ApiResult<Json<Page<ApiKeyView>>> {
    let wanted = ApiKeyQuery {
        search: query.search,
        after: query.after,
        limit: query.limit,
    };
    let found = app.store.list_api_keys(wanted).await?;
    let server_time = app.clock.now();
    let last = found.rows.last().map(|key| Position {
        created_at: key.created_at,
        id: key.id,
    });
    Ok(Json(Page {
        items: found
            .rows
            .into_iter()
            .map(|key| key.into_view(server_time))
            .collect(),
        total: found.total,
        next_cursor: last.filter(|_| found.more).map(ListQuery::cursor),
        server_time,
    }))
}
