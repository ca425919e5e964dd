//! The console's REST interface, one function a call.

pub mod abort;
pub mod client;
pub mod error;
pub mod keys;
pub mod session;
pub mod settings;

pub use error::ApiError;
