//! The API's description, written by the server that serves it.

use std::fs;

use anyhow::{Context, Result, bail};

use crate::cmd;
use crate::workspace::Workspace;

/// Brings openapi.yaml up to date; with `check`, only says whether it is.
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
        bail!("openapi.yaml is stale: run `cargo xtask openapi` and commit the file");
    }
    // An unchanged file is left alone above, so that nothing is built again for its new date.
    fs::write(&path, current).with_context(|| format!("{} cannot be written", path.display()))?;
    println!("openapi.yaml is written.");
    Ok(())
}

/// Takes openapi.yaml as that of a release: its clients are those that must not be broken from now on.
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
    println!("docs/openapi/ has the document of this release. Commit it with the new version.");
    Ok(())
}
