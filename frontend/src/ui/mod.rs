//! Parts that know neither the server nor what the page is about.

pub mod badge;
pub mod button;
pub mod clipboard;
pub mod dialog;
pub mod el;
pub mod field;
pub mod focus;
pub mod icon;
pub mod notice;
pub mod pulse;
pub mod sort_header;
pub mod switch;
pub mod timer;
pub mod toast;
pub mod when;
