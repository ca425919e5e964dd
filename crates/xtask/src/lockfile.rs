//! Reads versions of dependencies from Cargo.lock.

use std::fs;

use anyhow::{Context, Result};

use crate::workspace::Workspace;

/// Returns the version of `package` in Cargo.lock.
pub(crate) fn locked_version(workspace: &Workspace, package: &str) -> Result<String> {
    let path = workspace.root().join("Cargo.lock");
    let lock = fs::read_to_string(&path).with_context(|| format!("{} cannot be read", path.display()))?;
    let version =
        version_in(&lock, package).with_context(|| format!("Cargo.lock has no package {package}"))?;
    Ok(version.to_owned())
}

/// Finds the version. Cargo writes the name and the version of a package on two consecutive lines.
fn version_in<'lock>(lock: &'lock str, package: &str) -> Option<&'lock str> {
    let name = format!("name = \"{package}\"");
    let mut lines = lock.lines().skip_while(|line| *line != name).skip(1);
    lines.next()?.strip_prefix("version = \"")?.strip_suffix('"')
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCK: &str = r#"
[[package]]
name = "wasm-bindgen-macro"
version = "0.2.99"

[[package]]
name = "wasm-bindgen"
version = "0.2.130"
dependencies = [
 "wasm-bindgen-macro",
]
"#;

    #[test]
    fn the_whole_name_counts() {
        assert_eq!(version_in(LOCK, "wasm-bindgen"), Some("0.2.130"));
        assert_eq!(version_in(LOCK, "wasm-bindgen-macro"), Some("0.2.99"));
    }

    #[test]
    fn an_absent_package_has_no_version() {
        assert_eq!(version_in(LOCK, "wasm"), None);
    }
}
