//! Generates openapi.yaml with the server.

use std::fs;

use anyhow::{Context, Result, bail};

use crate::cmd;
use crate::workspace::Workspace;

/// Updates openapi.yaml; with `check`, fails if the file is out of date.
pub(crate) fn openapi(workspace: &Workspace, check: bool) -> Result<()> {
    let mut server = workspace.cargo();
    server.args(["run", "--package", "ori-backend", "--bin", "ori", "--", "openapi"]);
    let current = cmd::read(&mut server)?;
    let path = workspace.root().join("openapi.yaml");
    if fs::read_to_string(&path).is_ok_and(|written| written == current) {
        println!("openapi.yaml is up to date.");
        return Ok(());
    }
    if check {
        bail!("openapi.yaml is out of date: run `cargo xtask openapi` and commit the file");
    }
    // An unchanged file is not written, so that its new time of modification does not cause a rebuild.
    fs::write(&path, current).with_context(|| format!("{} cannot be written", path.display()))?;
    println!("openapi.yaml has been written.");
    Ok(())
}

/// Stores openapi.yaml as the document of a release. Later documents must not break the clients of this one.
pub(crate) fn release(workspace: &Workspace) -> Result<()> {
    let folder = workspace.root().join("docs/openapi");
    fs::copy(
        workspace.root().join("openapi.yaml"),
        folder.join("released.yaml"),
    )
    .context("docs/openapi/released.yaml cannot be written")?;
    let path = folder.join("breaking.txt");
    let declared = fs::read_to_string(&path).context("docs/openapi/breaking.txt cannot be read")?;
    let introduction = declared.lines().filter(|line| line.starts_with('#'));
    let introduction: String = introduction.map(|line| format!("{line}\n")).collect();
    fs::write(&path, introduction).context("docs/openapi/breaking.txt cannot be written")?;
    println!("docs/openapi/ contains the document of this release. Commit it with the new version.");
    Ok(())
}
