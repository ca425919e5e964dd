//! `POST /api/v1/session`

use actix_web::{HttpRequest, HttpResponse, web};
use ori_shared::account::{PASSWORD_MAX_BYTES, normalize_email};
use ori_shared::error_code::ErrorCode;
use ori_shared::session::{SessionView, SignIn};
use ori_store::Account;

use crate::endpoint::{Endpoint, endpoint};
use crate::error::{ApiError, ApiResult};
use crate::extractors::{ClientIp, JsonBody, SameOrigin, session_token};
use crate::openapi::samples;
use crate::state::AppState;

/// Describes the endpoint.
pub(crate) fn endpoint() -> Endpoint {
    endpoint!(create)
        .errors(&[
            ErrorCode::WrongCredentials,
            ErrorCode::ValidationFailed,
            ErrorCode::TooManyAttempts,
        ])
        .invalid(
            ErrorCode::ValidationFailed,
            "/email",
            "Enter an email address such as name@example.com.",
        )
        .invalid(ErrorCode::InvalidBody, "/email", "The field `email` is missing.")
        .request("Sign in", samples::sign_in())
        .response(200, "An admin", samples::session())
}

/// Signs in. A session that the browser still has is ended.
///
/// # Errors
/// 401 for a wrong address or password, without telling which; 429 after too many of these; 403 from another site.
#[utoipa::path(post, path = "/api/v1/session", tag = "console", operation_id = "signIn",
    summary = "Sign in", description = "Starts a console session; its token travels in an HttpOnly cookie.",
    request_body = SignIn,
    responses(
        (status = 200, description = "Signed in", body = SessionView),
    ))]
pub async fn create(
    request: HttpRequest,
    state: web::Data<AppState>,
    _: SameOrigin,
    client: ClientIp,
    JsonBody(sign_in): JsonBody<SignIn>,
) -> ApiResult<HttpResponse> {
    let email = normalize_email(&sign_in.email).map_err(|fault| ApiError::field("/email", fault))?;
    if sign_in.password.is_empty() || sign_in.password.len() > PASSWORD_MAX_BYTES {
        return Err(ApiError::field("/password", "Enter your password."));
    }
    state
        .sign_ins
        .check(client.0, &email, state.clock.now())
        .map_err(ApiError::too_many)?;
    let checked = check(&state, &email, sign_in.password).await;
    // A failure of ours is no failed attempt.
    if !matches!(&checked, Err(error) if error.code() == ErrorCode::WrongCredentials) {
        state.sign_ins.refund(client.0, &email);
    }
    let account = checked?;
    let (shared, old) = (state.clone(), session_token(&request, &state));
    let change = async move {
        if let Some(old) = old {
            shared.store.delete_session(&old.digest()).await?;
        }
        super::start(&shared, account).await
    };
    let started = state.tasks.run_to_completion(change).await?;
    Ok(started.respond(&state, HttpResponse::Ok()))
}

async fn check(state: &AppState, email: &str, password: String) -> ApiResult<Account> {
    let (account, hash) = state
        .store
        .credentials(email)
        .await?
        .map(|known| (known.account, known.password_hash))
        .unzip();
    let fits = state.passwords.verify(password, hash).await?;
    account
        .filter(|account| fits && account.is_active)
        .ok_or_else(|| {
            tracing::info!("a sign-in was refused");
            ApiError::new(ErrorCode::WrongCredentials)
        })
}
