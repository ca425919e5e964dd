//! Frames around the pages.

pub mod console;
pub mod page_head;
pub mod session_ended;
pub mod sidebar;
pub mod update_notice;
