//! What outlives a page: where we are, who is signed in, the clock, the timezone, the toasts.

pub mod clock;
pub mod location;
pub mod route;
pub mod session;
pub mod task;
pub mod toasts;
pub mod zone;
