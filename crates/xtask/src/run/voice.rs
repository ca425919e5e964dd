//! The simulated voice host: it speaks the fleet's contract, and no phone rings.

use std::env;
use std::net::{SocketAddr, TcpListener};
use std::process::Command;

use anyhow::{Context, Result};

use super::address::Address;
use super::demo::random_password;
use super::set_by_user;
use crate::shell;
use crate::workspace::Workspace;

const SECRET_HEADER: &str = "X-VoxCore-Secret";

/// A simulated voice host that is about to be started. There is none where the user has named a fleet.
pub(crate) struct VoiceHost {
    listen: SocketAddr,
    secret: String,
}

impl VoiceHost {
    /// Builds it, unless ORI_FLEET_URLS names real hosts.
    pub(crate) fn prepare(workspace: &Workspace) -> Result<Option<Self>> {
        if set_by_user("ORI_FLEET_URLS").is_some() {
            return Ok(None);
        }
        shell::step("Compiling the simulated voice host");
        let mut build = workspace.cargo();
        build.args([
            "build",
            "--release",
            "--package",
            "ori-fleet",
            "--features",
            "scripted",
        ]);
        shell::run(build.args(["--bin", "ori-voice-host"]))?;
        let listener = TcpListener::bind("127.0.0.1:0").context("no free port was found")?;
        Ok(Some(Self {
            listen: listener.local_addr()?,
            secret: random_password()?,
        }))
    }

    /// The program.
    pub(crate) fn command(&self, workspace: &Workspace, console: &Address) -> Command {
        let program = format!("ori-voice-host{}", env::consts::EXE_SUFFIX);
        let mut host = Command::new(workspace.target().join("release").join(program));
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

    /// What the server is told.
    pub(crate) fn environment(&self) -> [(&'static str, String); 3] {
        [
            ("ORI_FLEET_URLS", format!("http://{}", self.listen)),
            ("ORI_FLEET_SECRET_HEADER", SECRET_HEADER.to_owned()),
            ("ORI_FLEET_SECRET", self.secret.clone()),
        ]
    }
}
