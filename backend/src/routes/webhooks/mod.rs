//! Managing webhooks and what is sent to them: for people in a console session, never for a key.

pub mod deliveries;
pub mod remove;
pub mod replay;
pub mod rotate;
pub mod set;
pub mod show;

use ori_key::WebhookSecret;
use ori_shared::error_code::ErrorCode;

use crate::app::App;
use crate::error::ApiError;

fn no_webhook() -> ApiError {
    ApiError::new(ErrorCode::WebhookNotFound)
}

fn new_secret(app: &App) -> WebhookSecret {
    app.random.with(|source| WebhookSecret::generate(source))
}
