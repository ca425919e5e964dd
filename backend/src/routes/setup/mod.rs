//! Making the first admin.

pub mod create;
