//! `POST /api/v1/setup`

use actix_web::{HttpResponse, web};
use ori_key::Token;
use ori_shared::account::{Role, check_new_password, normalize_email};
use ori_shared::error_code::ErrorCode;
use ori_shared::problem::FieldError;
use ori_shared::session::{SessionView, SetUp};
use ori_store::{Account, NewAccount};

use crate::endpoint::{Endpoint, endpoint};
use crate::error::{ApiError, ApiResult};
use crate::extractors::{JsonBody, SameOrigin};
use crate::openapi::samples;
use crate::routes::session;
use crate::state::AppState;

/// Describes the endpoint.
pub(crate) fn endpoint() -> Endpoint {
    endpoint!(create)
        .errors(&[ErrorCode::SetupLinkInvalid, ErrorCode::ValidationFailed])
        .invalid(
            ErrorCode::ValidationFailed,
            "/password",
            "Use a password of at least 8 characters.",
        )
        .invalid(ErrorCode::InvalidBody, "/token", "The field `token` is missing.")
        .request("The first admin", samples::set_up())
        .response(201, "The first admin", samples::session())
}

/// Creates the first admin and signs them in.
///
/// # Errors
/// 403 for another token than the one that was printed, and once there is an account; 422 for what cannot be one.
#[utoipa::path(post, path = "/api/v1/setup", tag = "console", operation_id = "setUp",
    summary = "Create the first admin",
    description = "Works once, with the token from the one-time link that the server prints while there is no account.",
    request_body = SetUp,
    responses(
        (status = 201, description = "Created and signed in", body = SessionView),
    ))]
pub async fn create(
    state: web::Data<AppState>,
    _: SameOrigin,
    JsonBody(set_up): JsonBody<SetUp>,
) -> ApiResult<HttpResponse> {
    let token = Token::presented(&set_up.token).digest();
    if !state.store.is_setup_link(&token).await? {
        return Err(ApiError::new(ErrorCode::SetupLinkInvalid));
    }
    let email = check(&set_up)?;
    let shared = state.clone();
    let change = async move {
        let account = create_first_admin(&shared, email, set_up.password).await?;
        let account = account.ok_or_else(|| ApiError::new(ErrorCode::SetupLinkInvalid))?;
        session::start(&shared, account).await
    };
    let started = state.tasks.run_to_completion(change).await?;
    Ok(started.respond(&state, HttpResponse::Created()))
}

/// Creates the first admin; returns `None` if there is an account.
///
/// # Errors
/// Returns an error if the password cannot be hashed or the database fails.
pub async fn create_first_admin(
    state: &AppState,
    email: String,
    password: String,
) -> ApiResult<Option<Account>> {
    let now = state.clock.now();
    let password_hash = state.passwords.hash(password, &state.random).await?;
    let account = NewAccount {
        id: state.random.id(now),
        email,
        password_hash,
        role: Role::SuperAdmin,
        created_at: now,
    };
    let made = Account {
        id: account.id,
        email: account.email.clone(),
        role: account.role,
        is_active: true,
        timezone: None,
    };
    Ok(state.store.create_first_account(account).await?.then_some(made))
}

fn check(set_up: &SetUp) -> ApiResult<String> {
    let email = normalize_email(&set_up.email);
    let password = check_new_password(&set_up.password);
    let fault = |pointer: &str, detail: &str| FieldError {
        pointer: pointer.to_owned(),
        detail: detail.to_owned(),
    };
    let mut faults = Vec::new();
    faults.extend(email.as_ref().err().map(|detail| fault("/email", detail)));
    faults.extend(password.err().map(|detail| fault("/password", detail)));
    match email {
        Ok(email) if faults.is_empty() => Ok(email),
        _ => Err(ApiError::fields(ErrorCode::ValidationFailed, faults)),
    }
}
