//! Debian's compiler, which comes with the sources of its libraries: where rustup can fetch no WASM target, the
//! page's libraries are compiled from those sources. Nothing but the page is built with it.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, anyhow, bail};

use super::apt;
use super::wasm_toolchain::TARGET;
use crate::cmd;

/// Where Debian puts its compiler; rustup's goes first on PATH.
const RUSTC: &str = "/usr/bin/rustc";

/// How the page and the libraries below it are compiled by a compiler that builds both: a panic ends the page at once
/// and unsaid, which spares it the words of every panic there could be (8 % of its weight). No library of the usual
/// compiler's is built like that.
const FLAGS: &str = "-Zunstable-options -Cpanic=immediate-abort -Zlocation-detail=none -Zfmt-debug=none";

/// A compiler that can build the page after building the standard library for it.
pub(crate) struct DebianToolchain {
    version: String,
    linker: Option<PathBuf>,
}

impl DebianToolchain {
    /// The stand-in, if all of it is here: new enough, and with library sources. The WASM linker comes from the
    /// usual compiler's `sysroot`.
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

    /// Installs the stand-in from Debian.
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

    /// Returns what identifies the compiler and its options.
    pub(crate) fn identity(&self) -> String {
        format!("{} {FLAGS}", self.version.trim())
    }

    /// Has `command`, and whatever cargo it starts, compile with the stand-in.
    pub(crate) fn apply_to(&self, command: &mut Command) {
        command.env("RUSTC", RUSTC);
        // Compiling the standard library is something a stable compiler does only when told so.
        command
            .env("RUSTC_BOOTSTRAP", "1")
            .env("CARGO_UNSTABLE_BUILD_STD", "std,panic_abort")
            .env("CARGO_UNSTABLE_BUILD_STD_FEATURES", "optimize_for_size");
        // Set by `cargo run`, and full of the other compiler's libraries.
        command.env_remove("LD_LIBRARY_PATH");
        let target = TARGET.to_uppercase().replace('-', "_");
        command.env(format!("CARGO_TARGET_{target}_RUSTFLAGS"), FLAGS);
        if let Some(linker) = &self.linker {
            command.env(format!("CARGO_TARGET_{target}_LINKER"), linker);
        }
    }
}

/// The linker of the usual compiler. Without it, the stand-in looks for one of its own.
fn rust_lld(sysroot: &Path) -> Option<PathBuf> {
    let hosts = sysroot.join("lib/rustlib").read_dir().ok()?;
    hosts
        .flatten()
        .map(|host| host.path().join("bin/rust-lld"))
        .find(|linker| linker.is_file())
}

/// Whether what `rustc --version` answers is at least version `least`.
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
