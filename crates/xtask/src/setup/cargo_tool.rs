//! Tools that cargo compiles: trunk, wasm-bindgen, cargo-deny.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::cache;
use crate::shell;

/// A program of one very version, from crates.io.
pub(crate) struct CargoTool {
    package: &'static str,
    program: &'static str,
    version: String,
    /// Whether to compile with the dependencies that its authors locked.
    locked: bool,
    minutes: &'static str,
}

impl CargoTool {
    /// Puts the page together. Later versions want a newer compiler than this workspace does.
    pub(crate) fn trunk() -> Self {
        Self {
            package: "trunk",
            program: "trunk",
            version: "0.21.14".into(),
            locked: true,
            minutes: "5 to 8",
        }
    }

    /// Makes the page's JavaScript. Its version must be the library's.
    pub(crate) fn wasm_bindgen(version: String) -> Self {
        Self {
            package: "wasm-bindgen-cli",
            program: "wasm-bindgen",
            version,
            locked: false,
            minutes: "4",
        }
    }

    /// Checks the dependencies.
    pub(crate) fn cargo_deny() -> Self {
        let version = "0.20.2".into();
        Self {
            package: "cargo-deny",
            program: "cargo-deny",
            version,
            locked: true,
            minutes: "5 to 8",
        }
    }

    /// Makes load.
    pub(crate) fn oha() -> Self {
        Self {
            package: "oha",
            program: "oha",
            version: "1.16.0".into(),
            locked: true,
            minutes: "5 to 8",
        }
    }

    /// The folder that has the program: one on PATH, or the cache, or the cache after installing it there.
    pub(crate) fn ensure(&self) -> Result<PathBuf> {
        let on_path = shell::find(self.program).and_then(|program| Some(program.parent()?.to_path_buf()));
        let cached = cache::folder(&self.name())?.join("bin");
        if let Some(folder) = on_path
            .into_iter()
            .chain([cached])
            .find(|folder| self.is_in(folder))
        {
            return Ok(folder);
        }
        let installed =
            cache::fill(&self.name(), |folder| self.install(folder)).with_context(|| self.by_hand())?;
        Ok(installed.join("bin"))
    }

    fn is_in(&self, folder: &Path) -> bool {
        let answer = Command::new(folder.join(self.program)).arg("--version").output();
        answer.is_ok_and(|output| says_version(&String::from_utf8_lossy(&output.stdout), &self.version))
    }

    fn install(&self, folder: &Path) -> Result<()> {
        shell::step(&format!(
            "Compiling {} {} into the per-user cache (once, about {} minutes on two cores)",
            self.package, self.version, self.minutes
        ));
        let mut cargo = Command::new("cargo");
        cargo
            .args(["install", self.package, "--version", &self.version, "--root"])
            .arg(folder);
        if self.locked {
            cargo.arg("--locked");
        }
        // Outside of the workspace, whose settings are not this program's.
        cargo.current_dir(folder);
        // Or cargo would advise to put this folder on PATH, which will have moved by then.
        cargo.env("PATH", shell::path_with(&[&folder.join("bin")])?);
        // These programs run for seconds: compiling them is what takes time.
        cargo
            .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1")
            .env("CARGO_PROFILE_RELEASE_LTO", "off");
        cargo.env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16");
        shell::run(&mut cargo)
    }

    fn by_hand(&self) -> String {
        let Self {
            package,
            program,
            version,
            ..
        } = self;
        format!(
            "{program} {version} could not be installed. By hand: cargo install {package} --version {version}"
        )
    }

    fn name(&self) -> String {
        format!("{}-{}", self.program, self.version)
    }
}

fn says_version(answer: &str, version: &str) -> bool {
    answer.split_whitespace().any(|word| word == version)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_very_version_will_do() {
        assert!(says_version("trunk 0.21.14\n", "0.21.14"));
        assert!(!says_version("trunk 0.21.140\n", "0.21.14"));
        assert!(!says_version("", "0.21.14"));
    }
}
