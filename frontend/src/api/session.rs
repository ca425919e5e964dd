//! Signing in and out.

use gloo_net::http::Method;
use ori_shared::session::{SessionView, SetUp, SignIn};

use super::ApiError;
use super::client;

const PATH: &str = "/api/v1/session";

/// Reads who is signed in.
///
/// # Errors
/// `not_signed_in` if nobody is, and those of the request.
pub async fn read() -> Result<SessionView, ApiError> {
    client::get(PATH).await
}

/// Signs in.
///
/// # Errors
/// Those of the request.
pub async fn sign_in(credentials: &SignIn) -> Result<SessionView, ApiError> {
    client::send(Method::POST, PATH, credentials).await
}

/// Signs out.
///
/// # Errors
/// Those of the request.
pub async fn sign_out() -> Result<(), ApiError> {
    client::request(Method::DELETE, PATH).await.map(drop)
}

/// Creates the first admin and signs them in.
///
/// # Errors
/// Those of the request.
pub async fn set_up(account: &SetUp) -> Result<SessionView, ApiError> {
    client::send(Method::POST, "/api/v1/setup", account).await
}
