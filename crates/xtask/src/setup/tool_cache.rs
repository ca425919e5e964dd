//! Caches tools per user, so that another clone does not compile them again.

use std::collections::hash_map::DefaultHasher;
use std::env;
use std::fs;
use std::hash::{Hash as _, Hasher as _};
use std::path::{Path, PathBuf};
use std::process;

use anyhow::{Context, Error, Result, anyhow};

/// Returns the folder of the tool, which may not exist yet.
pub(crate) fn folder(tool: &str) -> Result<PathBuf> {
    let cache = env::var_os("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .filter(|path| path.is_absolute());
    let cache = cache.or_else(|| Some(env::home_dir()?.join(".cache")));
    let cache = cache.context("no home folder for the cache of tools: set XDG_CACHE_HOME")?;
    Ok(cache.join("ori-console").join(tool))
}

/// Returns the folder name of a tool whose version is the content of the given files.
pub(crate) fn name_by_content(tool: &str, files: &[PathBuf]) -> Result<String> {
    let mut hasher = DefaultHasher::new();
    for file in files {
        let content = fs::read(file).with_context(|| format!("{} cannot be read", file.display()))?;
        content.hash(&mut hasher);
    }
    Ok(format!("{tool}-{:016x}", hasher.finish()))
}

/// Installs into the folder of `tool`. `install` gets a temporary folder, which replaces the final one on success, so
/// that an interrupted installation leaves nothing half done.
pub(crate) fn fill(tool: &str, install: impl FnOnce(&Path) -> Result<()>) -> Result<PathBuf> {
    let folder = folder(tool)?;
    let partial = folder.with_file_name(format!("{tool}.partial-{}", process::id()));
    fs::create_dir_all(&partial).with_context(|| format!("{} cannot be made", partial.display()))?;
    let done = install(&partial).and_then(|()| replace(&folder, &partial));
    if done.is_err() {
        // Best effort: the first error is the one to report.
        let _ = fs::remove_dir_all(&partial);
    }
    done.map(|()| folder)
}

/// Returns the error of a download, with advice.
pub(crate) fn needs_network(program: &str, error: &Error) -> Error {
    anyhow!(
        "{error:#}: {program} downloads over the network, so check the connection, then run this command again"
    )
}

fn replace(folder: &Path, partial: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder).with_context(|| format!("{} cannot be removed", folder.display()))?;
    }
    fs::rename(partial, folder).with_context(|| format!("{} cannot be put in place", folder.display()))
}
