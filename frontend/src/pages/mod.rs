//! The pages.

pub mod api_keys;
pub mod calls;
pub mod deliveries;
pub mod fleet;
pub mod not_found;
pub mod set_up;
pub mod settings;
pub mod sign_in;
