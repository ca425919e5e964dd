//! `PUT /api/v1/api-keys/{id}/webhook`

use actix_web::HttpResponse;
use actix_web::web::Data;
use ori_shared::error_code::ErrorCode;
use ori_shared::webhook::{CreatedWebhook, PutWebhook, WebhookView};
use ori_store::{NewWebhook, SetWebhook};

use super::new_secret;
use crate::endpoint::{Endpoint, endpoint};
use crate::error::{ApiError, ApiResult};
use crate::extractors::{JsonBody, PathId, RequireAdmin, Sequential};
use crate::openapi::samples;
use crate::state::AppState;
use crate::webhooks::checked;

/// Describes the endpoint.
pub(crate) fn endpoint() -> Endpoint {
    endpoint!(put)
        .errors(&[
            ErrorCode::RoleTooLow,
            ErrorCode::ApiKeyNotFound,
            ErrorCode::ValidationFailed,
        ])
        .invalid(
            ErrorCode::ValidationFailed,
            "/url",
            "This address is not public, and not in ORI_WEBHOOK_PRIVATE_NETWORKS.",
        )
        .invalid(ErrorCode::InvalidBody, "/url", "The field `url` is missing.")
        .request("An address", samples::put_webhook())
        .response(200, "The address is changed", samples::webhook())
        .response(201, "The key has a webhook", samples::created_webhook())
        .link(
            201,
            "$request.path.id",
            &["showWebhook", "rotateWebhookSecret", "removeWebhook"],
        )
}

/// Gives a key a webhook, or its webhook another address. The first answer holds the secret, this once.
///
/// # Errors
/// 404 if there is no such key; 422 for an address that no event may go to.
#[utoipa::path(put, path = "/api/v1/api-keys/{id}/webhook", tag = "console", operation_id = "setWebhook",
    summary = "Set a key's webhook",
    description = "The events of the key's calls go there from now on. Where the key had no webhook, the answer holds the secret \
                   that they are signed with, this once. A webhook that was disabled works again.",
    security(("session" = [])),
    params(("id" = Uuid, Path, description = "The key's id", example = "019ab0e1-88a2-7c13-b0de-4a6102f75c39")),
    request_body = PutWebhook,
    responses(
        (status = 200, description = "The address is changed; the secret stays", body = WebhookView),
        (status = 201, description = "The key has a webhook", body = CreatedWebhook),
    ))]
pub async fn put(
    state: Data<AppState>,
    Sequential(operator, (PathId(id), JsonBody(wanted))): Sequential<
        RequireAdmin,
        (PathId, JsonBody<PutWebhook>),
    >,
) -> ApiResult<HttpResponse> {
    let no_such_key = || ApiError::new(ErrorCode::ApiKeyNotFound);
    let key = id.ok_or_else(no_such_key)?;
    let url = checked(&wanted.url, &state.webhooks.networks)
        .await
        .map_err(|fault| ApiError::field("/url", fault.to_string()))?;
    let secret = new_secret(&state);
    let webhook = NewWebhook {
        key,
        url,
        secret: secret.clone(),
        now: state.clock.now(),
    };
    let (shared, by) = (state.clone(), operator.account.id);
    let setting = async move {
        let set = shared.store.set_webhook(webhook).await?.ok_or_else(no_such_key)?;
        match set {
            SetWebhook::Created(_) => tracing::info!(key_id = %key, %by, "gave an API key a webhook"),
            SetWebhook::Changed(_) => {
                tracing::info!(key_id = %key, %by, "changed the address of a webhook");
                // What waited because the address before failed is due.
                shared.webhooks.told.notify_one();
            }
        }
        Ok(set)
    };
    Ok(match state.tasks.run_to_completion(setting).await? {
        SetWebhook::Created(webhook) => HttpResponse::Created().json(CreatedWebhook {
            secret: secret.expose().to_string(),
            view: webhook.into_view(),
        }),
        SetWebhook::Changed(webhook) => HttpResponse::Ok().json(webhook.into_view()),
    })
}
