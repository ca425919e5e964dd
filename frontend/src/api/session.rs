//! Signing in and out.

use gloo_net::http::Method;
use ori_shared::session::{SessionView, SetUp, SignIn};

use super::ApiError;
use super::client;

const PATH: &str = "/api/v1/session";

/// Reads the current session.
///
/// # Errors
/// Returns `not_signed_in` without a session, or another error if the request fails.
pub async fn read() -> Result<SessionView, ApiError> {
    client::get(PATH).await
}

/// Signs in.
///
/// # Errors
/// Returns an error if the request fails.
pub async fn sign_in(credentials: &SignIn) -> Result<SessionView, ApiError> {
    client::send(Method::POST, PATH, credentials).await
}

/// Signs out.
///
/// # Errors
/// Returns an error if the request fails.
pub async fn sign_out() -> Result<(), ApiError> {
    client::request(Method::DELETE, PATH).await.map(drop)
}

/// Creates the first admin and signs them in.
///
/// # Errors
/// Returns an error if the request fails.
pub async fn set_up(account: &SetUp) -> Result<SessionView, ApiError> {
    client::send(Method::POST, "/api/v1/setup", account).await
}
