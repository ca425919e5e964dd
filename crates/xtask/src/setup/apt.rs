//! Installs Debian packages, as root or with a sudo that needs no password.

use std::collections::BTreeSet;
use std::process::Command;

use anyhow::{Result, bail};

use crate::cmd;
use crate::steps::{Estimate, Steps};

/// Program that Debian packages.
pub(crate) struct Package {
    /// Names of the Debian packages.
    pub(crate) names: &'static [&'static str],
    /// Returns whether this machine has the program.
    pub(crate) is_here: fn() -> bool,
    /// Name and version to install by hand on a system without apt-get, such as "Node 20 or newer with npm".
    pub(crate) by_hand: &'static str,
}

/// Adds one step that installs the missing packages.
pub(crate) fn plan(steps: &mut Steps, mut packages: Vec<&'static Package>) {
    packages.retain(|package| !(package.is_here)());
    if packages.is_empty() {
        return;
    }
    let names: BTreeSet<&str> = packages
        .iter()
        .flat_map(|package| package.names)
        .copied()
        .collect();
    let names: Vec<&str> = names.into_iter().collect();
    let name = format!("Install {} with apt-get", names.join(", "));
    steps.add(name, Estimate::Minutes(2), move || {
        let installed = install(&names);
        packages.retain(|package| !(package.is_here)());
        match installed {
            _ if packages.is_empty() => Ok(()),
            Ok(()) => bail!(by_hand("the version in Debian is too old", &packages)),
            Err(error) => bail!(by_hand(&format!("{error:#}"), &packages)),
        }
    });
}

/// Installs packages.
///
/// # Errors
/// Fails if apt-get is missing or not permitted.
pub(crate) fn install(names: &[&str]) -> Result<()> {
    let mut words = Vec::new();
    if cmd::find("apt-get").is_none() {
        bail!("this system has no apt-get");
    }
    if !rustix::process::geteuid().is_root() {
        if !cmd::succeeds(Command::new("sudo").args(["-n", "true"])) {
            bail!("apt-get needs root, and sudo would ask for a password");
        }
        words.extend(["sudo", "-n"]);
    }
    // Passed through `env`, because sudo does not pass the environment on.
    words.extend([
        "env",
        "DEBIAN_FRONTEND=noninteractive",
        "apt-get",
        "-o",
        "DPkg::Lock::Timeout=300",
    ]);
    apt_get(&words, &["update", "--quiet"])?;
    let install = ["install", "--yes", "--quiet", "--no-install-recommends"];
    apt_get(&words, &[&install, names].concat())
}

fn apt_get(words: &[&str], arguments: &[&str]) -> Result<()> {
    cmd::run(Command::new(words[0]).args(&words[1..]).args(arguments))
}

fn by_hand(reason: &str, packages: &[&Package]) -> String {
    let what: Vec<&str> = packages.iter().map(|package| package.by_hand).collect();
    format!(
        "{reason}: install by hand {}; then run this command again",
        what.join("; ")
    )
}
