//! What more than one page shows.

pub mod deliveries;
pub mod secret_box;
pub mod time;
