//! The console's REST interface, one function a call.

pub mod abort;
pub mod calls;
pub mod client;
pub mod error;
pub mod fleet;
pub mod json;
pub mod keys;
pub mod session;
pub mod settings;
pub mod webhooks;

pub use error::ApiError;
