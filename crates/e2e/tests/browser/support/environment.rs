//! What `cargo xtask test` hands over.

use std::env;
use std::path::{Path, PathBuf};

/// The file that a variable names.
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

/// Where screenshots go.
pub(crate) fn screenshots() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/screenshots")
}
