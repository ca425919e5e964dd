//! Hooks that the pages share.

pub mod navigation;
pub mod polling;
pub mod remote;
pub mod timer;
pub mod window_event;

pub use remote::Remote;
