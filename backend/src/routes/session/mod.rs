//! Signing in to the console.

pub mod create;
pub mod delete;
pub mod get;

use actix_web::{HttpResponse, HttpResponseBuilder};
use ori_key::Token;
use ori_shared::error_code::ErrorCode;
use ori_shared::session::SessionView;
use ori_store::{Account, NewSession};

use crate::error::{ApiError, ApiResult};
use crate::state::AppState;

/// A session that was started.
pub(super) struct StartedSession {
    token: Token,
    view: SessionView,
}

/// Starts a session of that account.
pub(super) async fn start(state: &AppState, account: Account) -> ApiResult<StartedSession> {
    let now = state.clock.now();
    let token = state.random.with(|source| Token::generate(source));
    let session = NewSession {
        id: state.random.id(now),
        token: token.digest(),
        account_id: account.id,
        created_at: now,
    };
    if !state.store.create_session(session, state.session_limits).await? {
        // The account was deactivated after its password was checked.
        return Err(ApiError::new(ErrorCode::WrongCredentials));
    }
    let view = view(state, account);
    Ok(StartedSession { token, view })
}

impl StartedSession {
    /// Responds with the session's cookie.
    pub(super) fn respond(self, state: &AppState, mut response: HttpResponseBuilder) -> HttpResponse {
        response
            .cookie(state.session_cookie.issue(&self.token, state.session_limits))
            .json(self.view)
    }
}

/// Returns the account as its owner sees it.
pub(super) fn view(state: &AppState, account: Account) -> SessionView {
    SessionView {
        account_id: account.id,
        email: account.email,
        role: account.role,
        timezone: account.timezone,
        simulated_fleet: state.fleet.is_simulated(),
    }
}
