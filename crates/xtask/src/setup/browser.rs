//! Installs Chromium, its driver, and the fonts of the browser tests.

use std::env;
use std::path::PathBuf;
use std::process::Command;

use super::apt::Package;
use crate::cmd;

pub(super) static PACKAGE: Package = Package {
    names: &["chromium", "chromium-driver"],
    is_here: || find().is_some(),
    by_hand: "Chromium and a chromedriver of the same version (on PATH, or named by CHROMIUM and CHROMEDRIVER)",
};

pub(super) static FONTS: Package = Package {
    names: &["fontconfig", "fonts-dejavu-core", "fonts-liberation"],
    is_here: || FAMILIES.iter().all(|family| has_font(family)),
    by_hand: "fontconfig with the fonts DejaVu Sans and Liberation Sans",
};

/// Font families that crates/e2e/tests/browser/support/fonts.rs selects.
const FAMILIES: [&str; 2] = ["DejaVu Sans", "Liberation Sans"];

/// A browser and its WebDriver program.
pub(crate) struct Browser {
    pub(crate) chromium: PathBuf,
    pub(crate) chromedriver: PathBuf,
}

/// Returns the browser in the environment variables, or else the one on PATH.
pub(crate) fn find() -> Option<Browser> {
    Some(Browser {
        chromium: program("CHROMIUM", &["chromium", "chromium-browser", "google-chrome"])?,
        chromedriver: program("CHROMEDRIVER", &["chromedriver"])?,
    })
}

fn program(variable: &str, names: &[&str]) -> Option<PathBuf> {
    let named = env::var_os(variable).map(PathBuf::from);
    named.or_else(|| names.iter().find_map(|name| cmd::find(name)))
}

fn has_font(family: &str) -> bool {
    let list = cmd::read_quietly(Command::new("fc-list").args([family, "file"]));
    list.is_some_and(|files| !files.trim().is_empty())
}
