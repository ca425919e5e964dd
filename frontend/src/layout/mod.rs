//! What frames the pages.

pub mod console;
pub mod nav_link;
pub mod page_head;
pub mod sidebar;
pub mod toaster;
