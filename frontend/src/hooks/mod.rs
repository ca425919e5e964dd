//! Hooks that the pages share.

pub mod navigation;
pub mod polling;
pub mod remote;
pub mod timer;

pub use remote::Remote;
