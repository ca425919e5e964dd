//! `GET /api/v1/calls`

use actix_web::web::{Data, Json};
use ori_shared::call::{CallPage, CallStatus};
use ori_shared::error_code::ErrorCode;
use ori_store::{Call, CallQuery};

use crate::endpoint::{Endpoint, endpoint};
use crate::error::ApiResult;
use crate::extractors::{CallsQuery, Principal, Sequential};
use crate::openapi::samples;
use crate::state::AppState;

/// Describes the endpoint.
pub(crate) fn endpoint() -> Endpoint {
    endpoint!(list)
        .errors(&[ErrorCode::RoleTooLow, ErrorCode::ValidationFailed])
        .response(200, "The last page", samples::calls())
}

/// Lists calls, newest first: to a key its own, to a person all.
///
/// # Errors
/// 400 for a query that cannot be read.
#[utoipa::path(get, path = "/api/v1/calls", tag = "crm", operation_id = "listCalls",
    summary = "List calls", description = "Newest first. A key sees its own calls, a person in the console sees all calls.",
    security(("api_key" = []), ("bearer" = []), ("session" = [])),
    params(
        ("limit" = Option<u32>, Query, description = "Maximum number of calls; 100 by default", nullable = false, minimum = 1, maximum = 1000, example = 100),
        ("cursor" = Option<uuid::Uuid>, Query, description = "`next_cursor` of the previous page", nullable = false, example = "019ab0f3-2c1e-7d40-9a55-3f1c77e290b4"),
        ("reference" = Option<String>, Query, description = "Only calls with this `call_reference`", nullable = false, min_length = 1, max_length = 255, example = "crm-case-4711"),
        ("bot_id" = Option<String>, Query, description = "Only calls of this bot", nullable = false, min_length = 1, max_length = 200, example = "bot_collections"),
        ("search" = Option<String>, Query, description = "Only calls whose number, `call_reference` or `bot_id` begins with this text, or the call with this `call_id`", nullable = false, max_length = 400, example = "+9198765"),
        ("status" = Option<CallStatus>, Query, description = "Only calls with this status"),
        ("key_id" = Option<uuid::Uuid>, Query, description = "Only calls of this key; a key sees only its own", nullable = false, example = "019ab0e1-88a2-7c13-b0de-4a6102f75c39"),
        ("from" = Option<chrono::DateTime<chrono::Utc>>, Query, description = "Only calls created at this time or later", nullable = false, example = "2026-11-23T00:00:00Z"),
        ("until" = Option<chrono::DateTime<chrono::Utc>>, Query, description = "Only calls created before this time", nullable = false, example = "2026-11-24T00:00:00Z"),
    ),
    responses(
        (status = 200, description = "A page of calls", body = CallPage),
    ))]
pub async fn list(
    state: Data<AppState>,
    Sequential(principal, CallsQuery(query)): Sequential<Principal, CallsQuery>,
) -> ApiResult<Json<CallPage>> {
    let server_time = state.clock.now();
    let own = principal.only_key();
    if own.is_some() && query.key.is_some() && own != query.key {
        return Ok(Json(CallPage {
            items: Vec::new(),
            next_cursor: None,
            server_time,
        }));
    }
    let (calls, next_cursor) = state
        .store
        .list_calls(CallQuery {
            key: own.or(query.key),
            ..query
        })
        .await?;
    Ok(Json(CallPage {
        next_cursor,
        items: calls.into_iter().map(Call::into_view).collect(),
        server_time,
    }))
}
