//! Environment variables that `cargo xtask test` sets.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// Returns the path in the variable.
pub(crate) fn file(variable: &str) -> PathBuf {
    let path = env::var_os(variable).map(PathBuf::from);
    let path = path.unwrap_or_else(|| {
        panic!("{variable} is not set: run the browser tests with `cargo xtask test`, which builds and finds all they need")
    });
    assert!(
        path.is_file(),
        "{variable} names {}, which is no file: run `cargo xtask test`, which makes it",
        path.display()
    );
    path
}

/// Returns the names of all variables that configure the server, and `ORI_BIN`.
pub(crate) fn of_the_console() -> impl Iterator<Item = OsString> {
    let names = env::vars_os().map(|(name, _)| name);
    names.filter(|name| name.as_encoded_bytes().starts_with(b"ORI_"))
}

/// Returns the folder for screenshots.
pub(crate) fn screenshots() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/screenshots")
}
