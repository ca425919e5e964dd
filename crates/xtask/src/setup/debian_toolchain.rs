//! Debian's compiler, which comes with the sources of the standard library. It compiles the page if rustup cannot
//! download the WASM target; nothing else is built with it.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, anyhow, bail};

use super::apt;
use super::wasm_toolchain::TARGET;
use crate::cmd;

/// Path of Debian's compiler. PATH finds rustup's first.
const RUSTC: &str = "/usr/bin/rustc";

/// Flags for a build that includes the standard library: a panic aborts at once without a message, which removes all
/// panic messages (8 % of the page). The precompiled standard library does not support this.
const FLAGS: &str = "-Zunstable-options -Cpanic=immediate-abort -Zlocation-detail=none -Zfmt-debug=none";

/// Compiler that builds the standard library and then the page.
pub(crate) struct DebianToolchain {
    version: String,
    linker: Option<PathBuf>,
}

impl DebianToolchain {
    /// Returns the compiler if it is installed, new enough, and has the library's sources. The WASM linker comes from
    /// the default compiler's `sysroot`.
    pub(crate) fn find(sysroot: &Path) -> Option<Self> {
        let rustc = |argument: &[&str]| cmd::read_quietly(Command::new(RUSTC).args(argument));
        if !Path::new(RUSTC).is_file() {
            return None;
        }
        let version =
            rustc(&["--version"]).filter(|version| is_enough(version, env!("CARGO_PKG_RUST_VERSION")))?;
        let library = Path::new(rustc(&["--print", "sysroot"])?.trim()).join("lib/rustlib/src/rust/library");
        library.join("std/src/lib.rs").is_file().then(|| Self {
            version,
            linker: rust_lld(sysroot),
        })
    }

    /// Installs the Debian packages.
    pub(crate) fn install(sysroot: &Path) -> Result<()> {
        apt::install(&["rustc-web", "rust-web-src"]).map_err(|error| {
            anyhow!("{error:#}: run `apt-get install rustc-web rust-web-src` as root on Debian")
        })?;
        if Self::find(sysroot).is_none() {
            bail!(
                "Debian's compiler is older than {}",
                env!("CARGO_PKG_RUST_VERSION")
            );
        }
        Ok(())
    }

    /// Returns an identifier of the compiler and its options.
    pub(crate) fn identity(&self) -> String {
        format!("{} {FLAGS}", self.version.trim())
    }

    /// Sets up `command`, and every cargo that it starts, to compile with this compiler.
    pub(crate) fn apply_to(&self, command: &mut Command) {
        command.env("RUSTC", RUSTC);
        // A stable compiler builds the standard library only with this variable.
        command
            .env("RUSTC_BOOTSTRAP", "1")
            .env("CARGO_UNSTABLE_BUILD_STD", "std,panic_abort")
            .env("CARGO_UNSTABLE_BUILD_STD_FEATURES", "optimize_for_size");
        // `cargo run` sets this to the default compiler's libraries.
        command.env_remove("LD_LIBRARY_PATH");
        let target = TARGET.to_uppercase().replace('-', "_");
        command.env(format!("CARGO_TARGET_{target}_RUSTFLAGS"), FLAGS);
        if let Some(linker) = &self.linker {
            command.env(format!("CARGO_TARGET_{target}_LINKER"), linker);
        }
    }
}

/// Returns the linker of the default compiler. Without it, Debian's compiler searches for one of its own.
fn rust_lld(sysroot: &Path) -> Option<PathBuf> {
    let hosts = sysroot.join("lib/rustlib").read_dir().ok()?;
    hosts
        .flatten()
        .map(|host| host.path().join("bin/rust-lld"))
        .find(|linker| linker.is_file())
}

/// Returns whether the output of `rustc --version` names version `least` or a newer one.
fn is_enough(answer: &str, least: &str) -> bool {
    let version = answer.split_whitespace().nth(1).and_then(major_minor);
    version
        .zip(major_minor(least))
        .is_some_and(|(version, least)| version >= least)
}

fn major_minor(version: &str) -> Option<(u32, u32)> {
    let mut numbers = version.split('.').map(|number| number.parse().ok());
    Some((numbers.next()??, numbers.next()??))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_compare_as_numbers() {
        assert!(is_enough("rustc 1.95.0 (f2d3ce0bd 2026-03-21)", "1.95"));
        assert!(is_enough("rustc 1.100.0-nightly (x)", "1.95"));
        assert!(is_enough("rustc 2.0.0", "1.95"));
        assert!(!is_enough("rustc 1.9.0", "1.95"));
        assert!(!is_enough("rustc 1.63.0 (built from a source tarball)", "1.95"));
    }

    #[test]
    fn an_unreadable_version_is_not_enough() {
        assert!(!is_enough("", "1.95"));
        assert!(!is_enough("rustc unknown", "1.95"));
    }
}
