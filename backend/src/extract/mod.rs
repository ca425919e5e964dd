//! Extractors: each proves one thing, so that a handler's signature tells what it may do.

mod caller;
mod client;
mod deliveries_query;
mod id;
mod idempotency_key;
mod json;
mod presented_key;
mod query;
mod same_origin;
mod signed_in;
mod then;
mod voice_worker;

pub use caller::Caller;
pub use client::ClientAddress;
pub use deliveries_query::DeliveriesQuery;
pub use id::Id;
pub use idempotency_key::IdempotencyKey;
pub(crate) use json::no_object;
pub use json::{JsonBody, JsonBytes};
pub use presented_key::{Asking, CallingKey, PresentedKey};
pub use query::{CallsQuery, ListQuery};
pub use same_origin::SameOrigin;
pub(crate) use signed_in::session_token;
pub use signed_in::{Operator, SignedIn, Watcher};
pub use then::Then;
pub use voice_worker::VoiceWorker;

use actix_web::{HttpRequest, web};

use crate::app::App;
use crate::error::ApiError;

/// What every request shares.
fn app(request: &HttpRequest) -> Result<&App, ApiError> {
    request
        .app_data::<web::Data<App>>()
        .map(|data| &***data)
        .ok_or_else(|| ApiError::internal("the application's data is missing"))
}
