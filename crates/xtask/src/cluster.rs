//! Runs the replicated set-up of `docs/replicated` on this machine.

use std::process::Command;
use std::{env, fs, process};

use anyhow::{Context, Result, bail};

use crate::setup::Need;
use crate::steps::Steps;
use crate::workspace::Workspace;
use crate::{build, cmd, setup};

/// Builds the binary, then runs three replicas behind HAProxy on PostgreSQL with a standby, until standard input ends.
pub(crate) fn cluster(workspace: &Workspace) -> Result<()> {
    let mut steps = Steps::default();
    setup::plan(&mut steps, workspace, &[Need::Postgres, Need::Haproxy].into())?;
    build::plan(&mut steps, workspace, None)?;
    steps.run()?;
    // Not below the workspace: if this process is root, PostgreSQL runs as a user without access to it.
    let folder = env::temp_dir().join(format!("ori-replicated-{}", process::id()));
    cmd::step(&format!(
        "Starting the replicated set-up in {} (Ctrl-D ends it)",
        folder.display()
    ));
    let mut script = Command::new(workspace.root().join("docs/replicated/cluster.sh"));
    script.arg("up").arg(&folder);
    script
        .env("ORI_BIN", workspace.binary())
        .env("ORI_POSTGRES_BIN", setup::postgres_programs()?);
    let status = script
        .status()
        .context("the set-up's script could not be started")?;
    if !status.success() {
        bail!(
            "the set-up failed: {status}; see the logs in {}",
            folder.display()
        );
    }
    fs::remove_dir_all(&folder).with_context(|| format!("{} cannot be removed", folder.display()))
}
