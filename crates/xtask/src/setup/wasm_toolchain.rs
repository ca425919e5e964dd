//! Toolchain that compiles the page: rustup's with its WASM target, or Debian's.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, anyhow, bail};
use clap::ValueEnum;

use super::debian_toolchain::DebianToolchain;
use crate::cmd;
use crate::steps::{Estimate, Steps};

pub(crate) const TARGET: &str = "wasm32-unknown-unknown";

/// Toolchain that the user may choose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Toolchain {
    /// The default toolchain, with the target that rustup adds
    Rustup,
    /// Debian's rustc-web, which compiles the standard library for the target from source
    Debian,
}

impl fmt::Display for Toolchain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Rustup => "rustup's toolchain",
            Self::Debian => "Debian's toolchain",
        })
    }
}

/// Installed toolchain.
pub(crate) enum Wasm {
    Rustup,
    Debian(DebianToolchain),
}

impl Wasm {
    /// Returns the requested toolchain, or else the first one that is installed.
    pub(crate) fn find(wanted: Option<Toolchain>) -> Result<Option<Self>> {
        let sysroot = sysroot()?;
        let rustup = || has_target(&sysroot).then_some(Self::Rustup);
        let debian = || DebianToolchain::find(&sysroot).map(Self::Debian);
        Ok(match wanted {
            Some(Toolchain::Rustup) => rustup(),
            Some(Toolchain::Debian) => debian(),
            None => rustup().or_else(debian),
        })
    }

    /// Sets up `command`, and every cargo that it starts, to compile with this toolchain.
    pub(crate) fn apply_to(&self, command: &mut Command) {
        match self {
            Self::Rustup => {}
            Self::Debian(debian) => debian.apply_to(command),
        }
    }

    /// Returns an identifier of the compiler and its options. If it changes, the page is built again.
    pub(crate) fn identity(&self) -> Result<String> {
        match self {
            Self::Rustup => cmd::read(Command::new("rustc").arg("--version")),
            Self::Debian(debian) => Ok(debian.identity()),
        }
    }
}

/// Adds the step that installs a toolchain, if none is installed. An installed one takes precedence: if Debian's is
/// installed, rustup was unreachable, and another try would cost a time-out in every build.
pub(crate) fn plan(steps: &mut Steps, wanted: Option<Toolchain>) -> Result<()> {
    if Wasm::find(wanted)?.is_none() {
        let name = match wanted {
            Some(Toolchain::Debian) => "Install Debian's compiler for the page",
            _ => "Add the WASM target",
        };
        steps.add(name, Estimate::Minutes(1), move || install(wanted));
    }
    Ok(())
}

fn install(wanted: Option<Toolchain>) -> Result<()> {
    let sysroot = sysroot()?;
    match wanted {
        Some(Toolchain::Rustup) => add_target(&sysroot),
        Some(Toolchain::Debian) => DebianToolchain::install(&sysroot),
        None => {
            let Err(of_rustup) = add_target(&sysroot) else {
                return Ok(());
            };
            println!("{of_rustup:#}. Debian's compiler is installed instead.");
            DebianToolchain::install(&sysroot).map_err(|of_debian| {
                anyhow!("no toolchain here compiles for {TARGET}: {of_rustup:#}; or {of_debian:#}")
            })
        }
    }
}

fn sysroot() -> Result<PathBuf> {
    let sysroot = cmd::read(Command::new("rustc").args(["--print", "sysroot"]));
    let sysroot = sysroot.context("install Rust from https://rustup.rs, then run this command again")?;
    Ok(sysroot.trim().into())
}

fn has_target(sysroot: &Path) -> bool {
    sysroot.join("lib/rustlib").join(TARGET).join("lib").is_dir()
}

fn add_target(sysroot: &Path) -> Result<()> {
    if cmd::find("rustup").is_none() {
        bail!("this system has no rustup: install it from https://rustup.rs");
    }
    cmd::run(Command::new("rustup").args(["target", "add", TARGET])).map_err(|error| {
        anyhow!("{error:#}: check the connection to static.rust-lang.org, then run this command again")
    })?;
    if !has_target(sysroot) {
        bail!("the rustc on PATH is not rustup's: put the folder of rustup's first on PATH");
    }
    Ok(())
}
