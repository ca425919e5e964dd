//! Installs programs from crates.io: trunk, wasm-bindgen, cargo-deny, oha.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, anyhow, bail};

use super::tool_cache;
use crate::cmd;
use crate::steps::{Estimate, Steps};

/// Program of an exact version.
pub(crate) struct CargoTool {
    package: &'static str,
    program: &'static str,
    version: String,
    /// Whether to compile with the lock file of the program's authors.
    locked: bool,
    /// Whether to enable the default features.
    default_features: bool,
    /// Compile time on two cores.
    minutes: u32,
}

impl CargoTool {
    /// Returns trunk, which bundles the page. Later versions need a newer compiler than this workspace.
    ///
    /// The default features are TLS and the check for a newer version. Neither is needed, because trunk downloads
    /// nothing here.
    pub(crate) fn trunk() -> Self {
        Self {
            package: "trunk",
            program: "trunk",
            version: "0.21.14".into(),
            locked: true,
            default_features: false,
            minutes: 4,
        }
    }

    /// Returns wasm-bindgen, which generates the page's JavaScript. Its version must be that of the library.
    ///
    /// The default feature is TLS for its test runner, which is not installed.
    pub(crate) fn wasm_bindgen(version: String) -> Self {
        Self {
            package: "wasm-bindgen-cli",
            program: "wasm-bindgen",
            version,
            locked: false,
            default_features: false,
            minutes: 2,
        }
    }

    /// Returns cargo-deny, which checks the dependencies.
    pub(crate) fn cargo_deny() -> Self {
        let version = "0.20.2".into();
        Self {
            package: "cargo-deny",
            program: "cargo-deny",
            version,
            locked: true,
            default_features: true,
            minutes: 6,
        }
    }

    /// Returns oha, which generates load.
    pub(crate) fn oha() -> Self {
        Self {
            package: "oha",
            program: "oha",
            version: "1.16.0".into(),
            locked: true,
            default_features: true,
            minutes: 6,
        }
    }

    /// Adds the step that installs the program, if it is missing.
    pub(crate) fn plan(self, steps: &mut Steps) -> Result<()> {
        if self.find()?.is_some() {
            return Ok(());
        }
        let (how, estimate) = if has_binstall() {
            ("Download", Estimate::Seconds)
        } else {
            ("Compile", Estimate::Minutes(self.minutes))
        };
        let name = format!("{how} {} {}", self.program, self.version);
        steps.add(name, estimate, move || self.install());
        Ok(())
    }

    /// Returns the folder that contains the program.
    ///
    /// # Errors
    /// Fails if the program is not installed.
    pub(crate) fn folder(&self) -> Result<PathBuf> {
        self.find()?
            .with_context(|| format!("{} {} is not installed", self.program, self.version))
    }

    /// Searches PATH, then the cache.
    fn find(&self) -> Result<Option<PathBuf>> {
        let on_path = cmd::find(self.program).and_then(|program| Some(program.parent()?.to_path_buf()));
        let cached = tool_cache::folder(&self.name())?.join("bin");
        let mut folders = on_path.into_iter().chain([cached]);
        Ok(folders.find(|folder| self.is_in(folder)))
    }

    fn install(&self) -> Result<()> {
        let filled = tool_cache::fill(&self.name(), |folder| {
            if has_binstall() {
                match self.download(&folder.join("bin")) {
                    Ok(()) => return Ok(()),
                    Err(error) => println!("{error:#}. Compiling it, about {} minutes.", self.minutes),
                }
            }
            self.compile(folder)
        });
        filled.map(drop).map_err(|error| {
            let Self {
                package,
                program,
                version,
                ..
            } = self;
            anyhow!(
                "{program} {version} could not be installed ({error:#}): check the connection to crates.io, then run \
                 this command again, or put that version on PATH (cargo install {package} --version {version})"
            )
        })
    }

    /// Downloads the authors' binary with cargo-binstall.
    fn download(&self, bin: &Path) -> Result<()> {
        let mut binstall = Command::new("cargo-binstall");
        binstall.arg(format!("{}@{}", self.package, self.version)).args([
            "--no-confirm",
            "--no-symlinks",
            "--force",
            "--strategies",
            "crate-meta-data",
        ]);
        cmd::run(binstall.arg("--install-path").arg(bin))?;
        // The binary may be compiled for another libc.
        if !self.is_in(bin) {
            bail!("the downloaded {} does not run here", self.program);
        }
        Ok(())
    }

    fn is_in(&self, folder: &Path) -> bool {
        let answer = Command::new(folder.join(self.program)).arg("--version").output();
        answer.is_ok_and(|output| names_version(&String::from_utf8_lossy(&output.stdout), &self.version))
    }

    fn compile(&self, folder: &Path) -> Result<()> {
        let mut cargo = Command::new("cargo");
        cargo
            .args(["install", self.package, "--version", &self.version, "--root"])
            .arg(folder);
        cargo.args(["--bin", self.program]);
        if self.locked {
            cargo.arg("--locked");
        }
        if !self.default_features {
            cargo.arg("--no-default-features");
        }
        // Outside of the workspace, whose settings do not apply to this program.
        cargo.current_dir(folder);
        // Prevents cargo's advice to add this temporary folder to PATH.
        cargo.env("PATH", cmd::path_with(&[&folder.join("bin")])?);
        // These programs run for seconds, so compile time matters more than their speed.
        cargo
            .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1")
            .env("CARGO_PROFILE_RELEASE_LTO", "off");
        cargo.env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16");
        cmd::run(&mut cargo)
    }

    fn name(&self) -> String {
        format!("{}-{}", self.program, self.version)
    }
}

fn has_binstall() -> bool {
    cmd::find("cargo-binstall").is_some()
}

fn names_version(answer: &str, version: &str) -> bool {
    answer.split_whitespace().any(|word| word == version)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_exact_version_matches() {
        assert!(names_version("trunk 0.21.14\n", "0.21.14"));
        assert!(!names_version("trunk 0.21.140\n", "0.21.14"));
        assert!(!names_version("", "0.21.14"));
    }
}
