//! Runs the simulated voice host, which implements the fleet's contract without placing calls.

use std::env;
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use super::demo_data::random_password;
use super::listen_address::Address;
use super::set_by_user;
use crate::cmd;
use crate::steps::{Estimate, Steps};
use crate::workspace::Workspace;

const SECRET_HEADER: &str = "X-VoxCore-Secret";

/// Returns whether to start a simulated host: not if ORI_FLEET_URLS names real hosts.
pub(crate) fn is_wanted() -> bool {
    set_by_user("ORI_FLEET_URLS").is_none()
}

/// Adds the step that compiles the simulated host.
pub(crate) fn plan<'a>(steps: &mut Steps<'a>, workspace: &'a Workspace) {
    let estimate = if program(workspace).is_file() {
        Estimate::UpToMinutes(1)
    } else {
        Estimate::Minutes(1)
    };
    steps.add("Compile the simulated voice host", estimate, || {
        let mut cargo = workspace.cargo();
        cargo.args(["build", "--release", "--package", "ori-fleet"]);
        cmd::run(cargo.args(["--features", "fake-host", "--bin", "ori-voice-host"]))
    });
}

fn program(workspace: &Workspace) -> PathBuf {
    let name = format!("ori-voice-host{}", env::consts::EXE_SUFFIX);
    workspace.target().join("release").join(name)
}

/// A simulated voice host that is about to be started.
pub(crate) struct VoiceHost {
    listen: SocketAddr,
    secret: String,
}

impl VoiceHost {
    /// Chooses an address and a secret.
    pub(crate) fn prepare() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").context("no free port was found")?;
        Ok(Self {
            listen: listener.local_addr()?,
            secret: random_password()?,
        })
    }

    /// Returns the command that starts the host.
    pub(crate) fn command(&self, workspace: &Workspace, console: &Address) -> Command {
        let mut host = Command::new(program(workspace));
        host.args([
            "--listen",
            &self.listen.to_string(),
            "--secret-header",
            SECRET_HEADER,
        ]);
        host.args([
            "--results-url",
            &format!("http://{}/api/v1/call-results", console.socket()),
        ]);
        host.env("ORI_FLEET_SECRET", &self.secret);
        host
    }

    /// Returns the server's environment variables for this host.
    pub(crate) fn environment(&self) -> [(&'static str, String); 3] {
        [
            ("ORI_FLEET_URLS", format!("http://{}", self.listen)),
            ("ORI_FLEET_SECRET_HEADER", SECRET_HEADER.to_owned()),
            ("ORI_FLEET_SECRET", self.secret.clone()),
        ]
    }
}
