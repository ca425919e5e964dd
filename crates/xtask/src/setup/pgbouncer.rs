//! PgBouncer, the connection pooler that the store is tested behind.

use std::path::Path;

use super::apt::Package;
use crate::cmd;

/// On PATH, or where Debian installs it.
pub(super) static PACKAGE: Package = Package {
    names: &["pgbouncer"],
    is_here: || cmd::find("pgbouncer").is_some() || Path::new("/usr/sbin/pgbouncer").is_file(),
    by_hand: "PgBouncer 1.18 or newer",
};
