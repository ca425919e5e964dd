//! Managing webhooks and what is sent to them: for people in a console session, never for a key.

pub mod delete;
pub mod deliveries;
pub mod get;
pub mod put;
pub mod replay;
pub mod rotate;

use ori_key::WebhookSecret;
use ori_shared::error_code::ErrorCode;

use crate::error::ApiError;
use crate::state::AppState;

fn no_webhook() -> ApiError {
    ApiError::new(ErrorCode::WebhookNotFound)
}

fn new_secret(state: &AppState) -> WebhookSecret {
    state.random.with(|source| WebhookSecret::generate(source))
}
