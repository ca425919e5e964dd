//! `GET /api/v1/calls`

use actix_web::web::{Data, Json};
use ori_shared::call::{CallPage, CallStatus};
use ori_shared::problem::Problem;
use ori_store::{Call, CallQuery};

use crate::app::App;
use crate::error::ApiResult;
use crate::extract::{Caller, CallsQuery, Then};

/// Lists calls, newest first: to a key its own, to a person all.
///
/// # Errors
/// 400 for a query that cannot be read.
#[utoipa::path(get, path = "/api/v1/calls", tag = "crm", operation_id = "listCalls",
    summary = "List calls", description = "Newest first. A key sees the calls that were made with it, a person in the console all.",
    security(("api_key" = []), ("bearer" = []), ("session" = [])),
    params(
        ("limit" = Option<u32>, Query, description = "At most so many calls", minimum = 1, maximum = 1000),
        ("cursor" = Option<uuid::Uuid>, Query, description = "`next_cursor` of the page before"),
        ("reference" = Option<String>, Query, description = "Only calls with this `call_reference`"),
        ("bot_id" = Option<String>, Query, description = "Only calls of this bot"),
        ("search" = Option<String>, Query, description = "Only calls whose number, `call_reference` or `bot_id` begins like this, or the call of this `call_id`", max_length = 400),
        ("status" = Option<CallStatus>, Query, description = "Only calls that stand there"),
        ("key_id" = Option<uuid::Uuid>, Query, description = "Only calls made with that key"),
        ("from" = Option<chrono::DateTime<chrono::Utc>>, Query, description = "Only calls asked for at that time or later"),
        ("until" = Option<chrono::DateTime<chrono::Utc>>, Query, description = "Only calls asked for before that time"),
    ),
    responses(
        (status = 200, description = "A page of calls", body = CallPage),
        (status = 400, description = "`malformed_query`, `conflicting_credentials`", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "`invalid_api_key`, `not_signed_in`", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "`api_key_inactive`, `api_key_expired`, `role_too_low`", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "`too_many_attempts`", body = Problem, content_type = "application/problem+json"),
    ))]
pub async fn list(
    app: Data<App>,
    Then(caller, CallsQuery(query)): Then<Caller, CallsQuery>,
) -> ApiResult<Json<CallPage>> {
    let server_time = app.clock.now();
    let own = caller.only_key();
    if own.is_some() && query.key.is_some() && own != query.key {
        return Ok(Json(CallPage {
            items: Vec::new(),
            next_cursor: None,
            server_time,
        }));
    }
    let (calls, more) = app
        .store
        .list_calls(CallQuery {
            key: own.or(query.key),
            ..query
        })
        .await?;
    Ok(Json(CallPage {
        next_cursor: calls.last().map(|call| call.id).filter(|_| more),
        items: calls.into_iter().map(Call::into_view).collect(),
        server_time,
    }))
}
