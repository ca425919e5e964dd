//! Installs PgBouncer, the connection pooler of the store's tests.

use std::path::Path;

use super::apt::Package;
use crate::cmd;

/// Found on PATH or at Debian's path.
pub(super) static PACKAGE: Package = Package {
    names: &["pgbouncer"],
    is_here: || cmd::find("pgbouncer").is_some() || Path::new("/usr/sbin/pgbouncer").is_file(),
    by_hand: "PgBouncer 1.18 or newer",
};
