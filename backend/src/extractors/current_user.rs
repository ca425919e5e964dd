use std::future::Future;
use std::ops::Deref;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::http::header::COOKIE;
use actix_web::{FromRequest, HttpRequest};
use chrono::TimeDelta;
use ori_key::Token;
use ori_shared::account::Role;
use ori_shared::error_code::ErrorCode;
use ori_shared::session::BACKGROUND_REQUEST;
use ori_store::Account;

use super::{SameOrigin, state};
use crate::error::ApiError;
use crate::state::AppState;

/// Authenticates a person in the console: session and account are read for this very request, and if it may
/// change something, no other site sent it.
pub struct CurrentUser {
    /// The account.
    pub account: Account,
}

/// Authenticates an admin or above, who may manage API keys.
pub struct RequireAdmin(CurrentUser);

/// Authenticates a supervisor or above, who may watch calls.
pub struct RequireSupervisor(CurrentUser);

impl Deref for RequireSupervisor {
    type Target = CurrentUser;

    fn deref(&self) -> &CurrentUser {
        &self.0
    }
}

impl Deref for RequireAdmin {
    type Target = CurrentUser;

    fn deref(&self) -> &CurrentUser {
        &self.0
    }
}

impl FromRequest for CurrentUser {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, ApiError>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move { signed_in(&request).await })
    }
}

impl FromRequest for RequireAdmin {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, ApiError>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move { at_least(Role::Admin, &request).await.map(Self) })
    }
}

impl FromRequest for RequireSupervisor {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, ApiError>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move { at_least(Role::Supervisor, &request).await.map(Self) })
    }
}

/// Returns the token in the session cookie, if there is one.
///
/// Only this cookie is parsed. Another application on the same host may set cookies that are not UTF-8 or have no name,
/// and one of the same name that holds no token.
pub(crate) fn session_token(request: &HttpRequest, state: &AppState) -> Option<Token> {
    let lines = request.headers().get_all(COOKIE);
    let mut cookies = lines.flat_map(|line| line.as_bytes().split(|byte| *byte == b';'));
    cookies.find_map(|cookie| {
        let rest = cookie
            .trim_ascii()
            .strip_prefix(state.session_cookie.name().as_bytes())?;
        let value = std::str::from_utf8(rest.strip_prefix(b"=")?).ok()?;
        Token::is_one(value).then(|| Token::presented(value))
    })
}

/// A use is noted at most so often, so that reading does not become writing.
const TOUCH_EVERY: TimeDelta = TimeDelta::seconds(60);

/// A request that the page sent by itself is no use of the session: an idle person is signed out although the page polls.
fn is_background(request: &HttpRequest) -> bool {
    request.headers().contains_key(BACKGROUND_REQUEST)
}

async fn at_least(role: Role, request: &HttpRequest) -> Result<CurrentUser, ApiError> {
    let person = signed_in(request).await?;
    if person.account.role < role {
        return Err(ApiError::new(ErrorCode::RoleTooLow));
    }
    Ok(person)
}

async fn signed_in(request: &HttpRequest) -> Result<CurrentUser, ApiError> {
    if !request.method().is_safe() {
        SameOrigin::check(request)?;
    }
    let state = state(request)?;
    let refused = || ApiError::new(ErrorCode::NotSignedIn);
    let token = session_token(request, state).ok_or_else(refused)?;
    let now = state.clock.now();
    let session = state
        .store
        .session(&token.digest(), state.session_limits, now)
        .await?
        .ok_or_else(refused)?;
    // Uses are noted often enough that a person who works all the time does not appear idle.
    let touch_every = TOUCH_EVERY.min(state.session_limits.idle / 4);
    if now - session.last_seen_at >= touch_every && !is_background(request) {
        // Reading continues while the database cannot be written.
        if let Err(error) = state.store.touch_session(session.id, now).await {
            ApiError::from(error).log();
        }
    }
    Ok(CurrentUser {
        account: session.account,
    })
}
