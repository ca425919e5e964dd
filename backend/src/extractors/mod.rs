//! Extractors. Each checks one thing, so a handler's signature says what it may do.

mod api_key;
mod client_ip;
mod current_user;
mod deliveries_query;
mod idempotency_key;
mod json;
mod path_id;
mod principal;
mod query;
mod same_origin;
mod sequential;
mod worker;

pub use api_key::{ApiKeyAuth, ApiKeyCredential};
pub use client_ip::ClientIp;
pub(crate) use current_user::session_token;
pub use current_user::{CurrentUser, RequireAdmin, RequireSupervisor};
pub use deliveries_query::DeliveriesQuery;
pub use idempotency_key::IdempotencyKey;
pub(crate) use json::no_object;
pub use json::{JsonBody, JsonBytes};
pub use path_id::PathId;
pub use principal::Principal;
pub use query::{CallsQuery, ListQuery};
pub use same_origin::SameOrigin;
pub use sequential::Sequential;
pub use worker::WorkerAuth;

use actix_web::{HttpRequest, web};

use crate::error::ApiError;
use crate::state::AppState;

/// Returns the state that all requests share.
fn state(request: &HttpRequest) -> Result<&AppState, ApiError> {
    request
        .app_data::<web::Data<AppState>>()
        .map(|data| &***data)
        .ok_or_else(|| ApiError::internal("the application's data is missing"))
}
