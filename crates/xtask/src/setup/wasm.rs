//! A compiler for the page: the WASM target of rustup, or Debian's compiler in its stead.

use std::path::Path;
use std::process::Command;

use anyhow::Result;

use super::standin::StandIn;
use crate::shell;

pub(crate) const TARGET: &str = "wasm32-unknown-unknown";

/// Which compiler builds the page.
pub(crate) enum Wasm {
    /// The one that builds everything else; it has the target.
    Usual,
    /// Another one, since the usual one cannot get the target.
    StandIn(StandIn),
}

impl Wasm {
    /// Has `command`, and whatever cargo it starts, compile with this compiler.
    pub(crate) fn apply_to(&self, command: &mut Command) {
        match self {
            Self::Usual => {}
            Self::StandIn(stand_in) => stand_in.apply_to(command),
        }
    }
}

/// Finds or adds the target. A stand-in that is there already is taken before rustup is asked: it was put there
/// because rustup could not help, and asking again would cost a time-out at every build.
pub(crate) fn ensure() -> Result<Wasm> {
    let sysroot = shell::read(Command::new("rustc").args(["--print", "sysroot"]))?;
    let sysroot = Path::new(sysroot.trim());
    if has_target(sysroot) {
        return Ok(Wasm::Usual);
    }
    if let Some(stand_in) = StandIn::find(sysroot) {
        return Ok(Wasm::StandIn(stand_in));
    }
    if add_target() && has_target(sysroot) {
        return Ok(Wasm::Usual);
    }
    StandIn::install(sysroot).map(Wasm::StandIn)
}

/// Whether the usual compiler has the target, and with it libraries that are compiled already.
pub(crate) fn has_ready_made_libraries() -> Result<bool> {
    let sysroot = shell::read(Command::new("rustc").args(["--print", "sysroot"]))?;
    Ok(has_target(Path::new(sysroot.trim())))
}

fn has_target(sysroot: &Path) -> bool {
    sysroot.join("lib/rustlib").join(TARGET).join("lib").is_dir()
}

fn add_target() -> bool {
    if shell::find("rustup").is_none() {
        return false;
    }
    shell::step("Adding the WASM target with rustup (under a minute)");
    let added = shell::run(Command::new("rustup").args(["target", "add", TARGET]));
    if let Err(error) = &added {
        println!("{error}. Debian's compiler may stand in.");
    }
    added.is_ok()
}
