//! HAProxy, which stands in front of the replicas in `docs/replicated`.

use anyhow::{Context, Result};

use super::apt;
use crate::shell;

const BY_HAND: &str =
    "The replicated set-up balances with HAProxy. By hand: install HAProxy 2.6 or newer on PATH";

/// HAProxy is on PATH, or where Debian puts it.
pub(crate) fn ensure() -> Result<()> {
    if is_there() {
        return Ok(());
    }
    apt::install(&["haproxy"]).context(BY_HAND)?;
    is_there().then_some(()).context(BY_HAND)
}

fn is_there() -> bool {
    shell::find("haproxy").is_some() || std::path::Path::new("/usr/sbin/haproxy").is_file()
}
