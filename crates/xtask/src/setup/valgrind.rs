//! Valgrind, which counts what a request costs.

use anyhow::{Context, Result};

use super::apt;
use crate::shell;

const BY_HAND: &str = "What a request costs is counted by Valgrind. By hand: install Valgrind on PATH";

/// Valgrind is on PATH.
pub(crate) fn ensure() -> Result<()> {
    if is_there() {
        return Ok(());
    }
    apt::install(&["valgrind"]).context(BY_HAND)?;
    is_there().then_some(()).context(BY_HAND)
}

fn is_there() -> bool {
    shell::find("valgrind").is_some()
}
