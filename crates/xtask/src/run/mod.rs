//! Runs the console as a demo.

mod demo_data;
mod listen_address;
mod processes;
mod readiness;
mod voice_host;

use std::env;
use std::process::{Command, ExitCode};
use std::time::Duration;

use anyhow::{Context, Result};

use self::demo_data::Demo;
use self::listen_address::Address;
use self::processes::{Event, Processes};
use self::voice_host::VoiceHost;
use crate::setup::Toolchain;
use crate::steps::Steps;
use crate::workspace::Workspace;
use crate::{build, cmd};

/// Builds and starts the console, prints how to sign in, and waits until a program ends or the user stops it.
pub(crate) fn run(workspace: &Workspace, fresh: bool, wasm: Option<Toolchain>) -> Result<ExitCode> {
    // Checked before the build, which may take minutes.
    let wanted = Address::wanted()?;
    let mut demo = Demo::prepare(workspace, fresh)?;
    let mut steps = Steps::default();
    build::plan(&mut steps, workspace, wasm)?;
    let simulated = voice_host::is_wanted();
    if simulated {
        voice_host::plan(&mut steps, workspace);
    }
    steps.run()?;
    let voice = simulated.then(VoiceHost::prepare).transpose()?;
    let address = wanted.map_or_else(Address::usual_or_free, Ok)?;

    cmd::step(&format!("Starting the console on {}", address.listen()));
    let mut processes = Processes::new()?;
    let mut server = server(workspace, &address, &demo);
    if let Some(voice) = &voice {
        processes.start(
            "the simulated voice host",
            &mut voice.command(workspace, &address),
        )?;
        server.envs(voice.environment());
    }
    processes.start("the server", &mut server)?;
    if let Some(event) = until_ready(&processes, &address)? {
        return processes.finish(event);
    }
    println!("{}", demo.sign_in_text(&address.url()));
    let event = processes.wait()?;
    processes.finish(event)
}

fn server(workspace: &Workspace, address: &Address, demo: &Demo) -> Command {
    let mut server = Command::new(workspace.binary());
    server.arg("serve").current_dir(workspace.root());
    server
        .env("ORI_LISTEN", address.listen())
        .envs(demo.environment());
    if set_by_user(WEBHOOK_NETWORKS).is_none() {
        // Receivers of the demo's events are on this machine.
        server.env(WEBHOOK_NETWORKS, "127.0.0.0/8,::1/128");
    }
    server
}

const WEBHOOK_NETWORKS: &str = "ORI_WEBHOOK_PRIVATE_NETWORKS";

/// Waits until the server is ready. Returns an event if one comes first.
fn until_ready(processes: &Processes, address: &Address) -> Result<Option<Event>> {
    const TIMEOUT: u32 = 600;
    for _ in 0..TIMEOUT {
        if readiness::is_ready(address.socket()) {
            return Ok(None);
        }
        if let Some(event) = processes.event_within(Duration::from_millis(100))? {
            return Ok(Some(event));
        }
    }
    None.context("the server started, but its /readyz did not return 200 within a minute")
}

/// Returns the variable's value if the user has set it, which takes precedence over the defaults of `run`.
fn set_by_user(variable: &str) -> Option<String> {
    env::var(variable).ok().filter(|value| !value.is_empty())
}
