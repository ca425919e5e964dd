//! The pages, each bringing server, state and parts together.

pub mod api_keys;
pub mod calls;
pub mod fleet;
pub mod not_found;
pub mod parts;
pub mod set_up;
pub mod settings;
pub mod sign_in;
