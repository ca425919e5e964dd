//! State that outlives a page, provided as contexts.

pub mod activity;
pub mod clock;
pub mod dialogs;
pub mod session;
pub mod toasts;
pub mod zone;
