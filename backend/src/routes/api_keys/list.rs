//! `GET /api/v1/api-keys`

use actix_web::web::{Data, Json};
use ori_shared::api_key::ApiKeyView;
use ori_shared::error_code::ErrorCode;
use ori_shared::key_sort::{self, KeySort};
use ori_shared::page::Page;
use ori_shared::search;
use ori_store::{ApiKey, ApiKeyQuery, SortSpec};

use crate::endpoint::{Endpoint, endpoint};
use crate::error::ApiResult;
use crate::extractors::{ListQuery, RequireAdmin, Sequential};
use crate::openapi::samples;
use crate::state::AppState;

/// Describes the endpoint.
pub(crate) fn endpoint() -> Endpoint {
    endpoint!(list)
        .errors(&[ErrorCode::RoleTooLow])
        .response(200, "The last page", samples::keys())
}

/// Lists the keys.
///
/// # Errors
/// 400 for a query that cannot be read.
#[utoipa::path(get, path = "/api/v1/api-keys", tag = "console", operation_id = "listApiKeys",
    summary = "List API keys",
    description = "Newest first unless `sort` says otherwise. The response never contains a full key.",
    security(("session" = [])),
    params(
        ("limit" = Option<u32>, Query, description = "Maximum number of keys; 100 by default", nullable = false, minimum = 1, maximum = 1000, example = 100),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the previous page, with the same `sort`", nullable = false, max_length = 2000, pattern = "^A[A-P][A-Za-z0-9_-]{30}([A-Za-z0-9_-]{4})*$", example = "AAZg7xNyugABmrDhiKJ8E7DeSmEC91w5"),
        ("q" = Option<String>, Query, description = "Only keys whose name or masked prefix contains this text, ignoring case and Unicode normalization", nullable = false, max_length = 400, example = "crm"),
        ("sort" = Option<String>, Query, description = "By `name` (ignoring case), `key` (the prefix), `status` (active, inactive, expired), `expires` (never is last), `last-used` (never is first) or `created`; a leading `-` reverses the order. Equal keys are ordered newest first. Default: `-created`", nullable = false, pattern = "^-?(name|key|status|expires|last-used|created)$", example = "name"),
    ),
    responses(
        (status = 200, description = "A page of keys", body = Page<ApiKeyView>),
    ))]
pub async fn list(
    state: Data<AppState>,
    Sequential(_operator, query): Sequential<RequireAdmin, ListQuery>,
) -> ApiResult<Json<Page<ApiKeyView>>> {
    let server_time = state.clock.now();
    let sorted = (query.sort != KeySort::default()).then_some(SortSpec {
        sort: query.sort,
        now: server_time,
        after: query.after_value,
    });
    let wanted = ApiKeyQuery {
        search: query.search,
        after: query.after,
        limit: query.limit,
        sorted: sorted.clone(),
    };
    let found = state.store.list_api_keys(wanted).await?;
    let last = found.rows.last().zip(sorted);
    let value = last.map_or_else(String::new, |(key, sorted)| value(key.clone(), &sorted));
    Ok(Json(Page {
        items: found
            .rows
            .into_iter()
            .map(|key| key.into_view(server_time))
            .collect(),
        total: found.total,
        total_is_exact: found.total_is_exact,
        next_cursor: found.next.map(|place| ListQuery::cursor(place, &value)),
        server_time,
    }))
}

/// Sort key of that key.
fn value(key: ApiKey, sorted: &SortSpec) -> String {
    let view = key.into_view(sorted.now);
    let haystack = search::haystack(&view.name, &view.masked());
    key_sort::place(sorted.sort.column, &view, &haystack, sorted.now).into_owned()
}
