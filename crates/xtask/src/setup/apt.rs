//! Debian's packages, as root or through a sudo that asks nothing.

use std::process::Command;

use anyhow::{Result, bail};

use crate::shell;

/// Installs `packages`; fails where there is no apt or no right to use it.
pub(crate) fn install(packages: &[&str]) -> Result<()> {
    let mut words = Vec::new();
    if shell::find("apt-get").is_none() {
        bail!("this system has no apt-get");
    }
    if !is_root() {
        if !shell::succeeds(Command::new("sudo").args(["-n", "true"])) {
            bail!("apt-get needs root, and sudo would ask for a password");
        }
        words.extend(["sudo", "-n"]);
    }
    shell::step(&format!(
        "Installing {} with apt-get (a few minutes)",
        packages.join(", ")
    ));
    // Through `env`, since sudo hands on no environment.
    words.extend([
        "env",
        "DEBIAN_FRONTEND=noninteractive",
        "apt-get",
        "-o",
        "DPkg::Lock::Timeout=300",
    ]);
    apt_get(&words, &["update", "--quiet"])?;
    apt_get(
        &words,
        &[
            &["install", "--yes", "--quiet", "--no-install-recommends"],
            packages,
        ]
        .concat(),
    )
}

fn apt_get(words: &[&str], arguments: &[&str]) -> Result<()> {
    shell::run(Command::new(words[0]).args(&words[1..]).args(arguments))
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}
