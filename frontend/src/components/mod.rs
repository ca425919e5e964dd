//! Components that depend neither on the server nor on a page.

pub mod badge;
pub mod button;
pub mod clipboard;
pub mod dialog;
pub mod empty_state;
pub mod field;
pub mod focus;
pub mod icon;
pub mod navigation_guard;
pub mod secret_box;
pub mod sort_header;
pub mod switch;
pub mod timestamp;
pub mod toaster;
pub mod virtual_rows;
