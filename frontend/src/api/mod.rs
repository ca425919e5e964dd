//! The console's REST interface: one function per operation.

pub mod calls;
mod client;
mod error;
pub mod fleet;
pub mod keys;
pub mod session;
pub mod settings;
pub mod version;
pub mod webhooks;

pub use error::ApiError;
