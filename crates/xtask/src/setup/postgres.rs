//! Installs the PostgreSQL server of the tests.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use super::apt::Package;
use crate::cmd;

pub(super) static PACKAGE: Package = Package {
    names: &["postgresql"],
    is_here: || find().is_some(),
    by_hand: "PostgreSQL 13 or newer (initdb and postgres on PATH, or in the folder that ORI_POSTGRES_BIN names)",
};

/// Returns the folder of the server's programs: from the environment variable, from PATH, or Debian's.
pub(crate) fn find() -> Option<PathBuf> {
    let named = env::var_os("ORI_POSTGRES_BIN").map(PathBuf::from);
    named.or_else(on_path).or_else(debians)
}

fn on_path() -> Option<PathBuf> {
    let program = cmd::find("initdb").filter(|_| cmd::find("postgres").is_some())?;
    // If the programs are links, only the folder of their targets also has the other programs.
    let program = fs::canonicalize(&program).unwrap_or(program);
    program.parent().map(Path::to_path_buf)
}

/// Returns the newest version's folder. Debian installs each version in its own.
fn debians() -> Option<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").ok()?;
    let folders = versions.flatten().map(|version| version.path().join("bin"));
    folders
        .filter(|folder| folder.join("initdb").is_file() && folder.join("postgres").is_file())
        .max_by_key(|folder| version(folder))
}

fn version(folder: &Path) -> Option<u32> {
    folder.parent()?.file_name()?.to_str()?.parse().ok()
}
