//! Signing in to the console.

pub mod create;
pub mod delete;
pub mod show;

use actix_web::HttpResponseBuilder;
use ori_shared::error_code::ErrorCode;
use ori_shared::session::SessionView;
use ori_store::{Account, NewSession};

use crate::app::App;
use crate::error::{ApiError, ApiResult};
use ori_key::Token;

/// Starts a session of that account and answers with its cookie.
pub(super) async fn start(
    app: &App,
    account: Account,
    mut answer: HttpResponseBuilder,
) -> ApiResult<actix_web::HttpResponse> {
    let now = app.clock.now();
    let token = app.random.with(|source| Token::generate(source));
    let session = NewSession {
        id: app.random.id(now),
        token: token.digest(),
        account_id: account.id,
        created_at: now,
    };
    if !app.store.create_session(session, app.session_limits).await? {
        // The account was deactivated after its password was checked.
        return Err(ApiError::new(ErrorCode::WrongCredentials));
    }
    Ok(answer
        .cookie(app.session_cookie.issue(&token, app.session_limits))
        .json(view(app, account)))
}

/// The account as its owner sees it.
pub(super) fn view(app: &App, account: Account) -> SessionView {
    SessionView {
        account_id: account.id,
        email: account.email,
        role: account.role,
        timezone: account.timezone,
        simulated_fleet: app.fleet.is_simulated(),
    }
}
