//! Installs HAProxy, the load balancer of the replicas in `docs/replicated`.

use std::path::Path;

use super::apt::Package;
use crate::cmd;

/// Found on PATH or at Debian's path.
pub(super) static PACKAGE: Package = Package {
    names: &["haproxy"],
    is_here: || cmd::find("haproxy").is_some() || Path::new("/usr/sbin/haproxy").is_file(),
    by_hand: "HAProxy 2.6 or newer",
};
