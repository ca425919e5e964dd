//! Chromium and its driver, for the tests.

use std::env;
use std::path::PathBuf;

use anyhow::{Context, Result};

use super::apt;
use crate::shell;

const BY_HAND: &str = "The tests drive a real browser. By hand: install Chromium and its chromedriver, both of the \
     same version, and name them in the variables CHROMIUM and CHROMEDRIVER if they are not on PATH";

/// A browser and what remote-controls it.
pub(crate) struct Browser {
    pub(crate) chromium: PathBuf,
    pub(crate) chromedriver: PathBuf,
}

/// The browser that the variables name, or one on PATH, or Debian's.
pub(crate) fn ensure() -> Result<Browser> {
    if let Some(browser) = find() {
        return Ok(browser);
    }
    // Without a font of its own, the screenshots of a bare machine show boxes.
    apt::install(&["chromium", "chromium-driver", "fonts-liberation"]).context(BY_HAND)?;
    find().context(BY_HAND)
}

fn find() -> Option<Browser> {
    let chromium = program("CHROMIUM", &["chromium", "chromium-browser", "google-chrome"])?;
    let chromedriver = program("CHROMEDRIVER", &["chromedriver"])?;
    Some(Browser {
        chromium,
        chromedriver,
    })
}

fn program(variable: &str, names: &[&str]) -> Option<PathBuf> {
    let named = env::var_os(variable).map(PathBuf::from);
    named.or_else(|| names.iter().find_map(|name| shell::find(name)))
}
