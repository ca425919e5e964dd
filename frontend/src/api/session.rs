//! Signing in and out.

use ori_shared::session::{SessionView, SetUp, SignIn};

use super::client;
use super::error::ApiError;

const PATH: &str = "/api/v1/session";

/// Who is signed in.
///
/// # Errors
/// `not_signed_in` where nobody is.
pub async fn read() -> Result<SessionView, ApiError> {
    client::get(PATH).await
}

/// Signs in.
///
/// # Errors
/// Whatever stood in the way.
pub async fn sign_in(typed: &SignIn) -> Result<SessionView, ApiError> {
    client::send("POST", PATH, typed).await
}

/// Signs out.
///
/// # Errors
/// Whatever stood in the way.
pub async fn sign_out() -> Result<(), ApiError> {
    client::delete(PATH).await
}

/// Makes the first admin and signs them in.
///
/// # Errors
/// Whatever stood in the way.
pub async fn set_up(typed: &SetUp) -> Result<SessionView, ApiError> {
    client::send("POST", "/api/v1/setup", typed).await
}
